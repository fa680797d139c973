//! Every bound of the daemon, each with its reason. A bound that an operator may want to move has
//! a configuration key, whose default is the figure here.

use std::time::Duration;

/// An event type's name in bytes: long enough for any naming scheme, short enough for a header.
pub const EVENT_TYPE_BYTES: usize = 128;
/// A webhook's target URL in bytes: what browsers and the action-run contract take.
pub const TARGET_URL_BYTES: usize = 2048;
/// Patterns in one webhook's `events`: fan-out looks each up once.
pub const EVENT_PATTERNS: usize = 100;
/// A description in bytes: one sentence for people.
pub const DESCRIPTION_BYTES: usize = 512;
/// A webhook's name in bytes: a few words, which a table can show.
pub const WEBHOOK_NAME_BYTES: usize = 100;
/// The name of the tool that manages a thing, in bytes: `apply:` and a short name.
pub const MANAGED_BY_BYTES: usize = 64;
/// Custom headers of one webhook or profile.
pub const CUSTOM_HEADERS: usize = 32;
/// One custom header's name and value in bytes; common servers refuse lines over 8 KiB.
pub const CUSTOM_HEADER_BYTES: usize = 4096;
/// One PEM text of a webhook's TLS in bytes: some certificates of an authority, or a chain. With all three of them a
/// settings document still has room for the rest.
pub const TLS_PEM_BYTES: usize = 48 << 10;
/// Certificates in such a text: chains have two to four, and each is read for every new connection.
pub const TLS_CERTIFICATES: usize = 16;
/// Members that the items of one unwound row have together before others have their turn.
pub const UNWOUND_MEMBERS: usize = 20_000;
/// What the names of a flattened item take together; an object that would take more stays as it is.
pub const FLATTENED_NAME_BYTES: usize = 1 << 20;
/// What a run keeps of how it was asked for, each: its client's name, its build, its input's media type.
pub const RUN_LABEL_BYTES: usize = 256;
/// `metadata` of an event or webhook in bytes of JSON: labels, not content.
pub const METADATA_BYTES: usize = 4096;
/// A filter in bytes of JSON.
pub const FILTER_BYTES: usize = 4096;
/// A caller's own event id, idempotency key or order key in bytes.
pub const KEY_BYTES: usize = 256;
/// One event's `data` in bytes; the store keeps a payload in memory while it is sent.
pub const EVENT_DATA_BYTES: usize = 1 << 20;
/// A request's body in bytes where it is not a stream: an array of events may be this long.
pub const REQUEST_BODY_BYTES: usize = 16 << 20;
/// Events in one JSON array: they are one commit. Times the webhooks that each reaches, it is bounded by
/// [`DELIVERIES_PER_REQUEST`].
pub const EVENTS_PER_ARRAY: usize = 1000;
/// What a body may have beside an event's data: its id, type, times and metadata.
pub const ENVELOPE_BYTES: usize = METADATA_BYTES + 1024;
/// How deep JSON may nest: deeper documents come from attackers, and parsers recurse.
pub const JSON_DEPTH: usize = 64;
/// How deep JSON may nest where Ringback reads what it accepted or made itself, such as a job's input in
/// the event about it; serde's parsers stop there, too.
pub const JSON_READ_DEPTH: usize = 128;
/// Skipped webhooks remembered with an event, so that a wide miss cannot bloat its row.
pub const SKIPPED_PER_EVENT: usize = 100;
/// Webhooks one event may reach: its deliveries are one commit.
pub const DELIVERIES_PER_EVENT: usize = 10_000;
/// Deliveries that the events of one request may make together: they are one commit too, however many
/// events and webhooks there are. Twice as many as one event may make.
pub const DELIVERIES_PER_REQUEST: usize = 2 * DELIVERIES_PER_EVENT;
/// Webhooks looked up under one lock of the directory: some tens of microseconds.
pub const LISTENERS_AT_ONCE: usize = 256;
/// How many accounts may hold all that one account may, before no one may hold more.
pub const ACCOUNTS_AT_QUOTA: usize = 10;
/// Webhooks of one account. They are mirrored in memory: 1 KiB each and what their URL, patterns,
/// headers, filter and templates take, up to 1.3 MiB; [`ACCOUNT_MEMORY_BYTES`] bounds that product.
pub const WEBHOOKS: usize = 20_000;
/// Declared event types of one account, mirrored in memory with schema and example: up to 128 KiB
/// each, which [`ACCOUNT_MEMORY_BYTES`] bounds.
pub const EVENT_TYPES: usize = 2_000;
/// What all that is mirrored in memory of one account may take: webhooks, event types, actors,
/// secrets, tokens. All accounts together: [`ACCOUNTS_AT_QUOTA`] times as much.
pub const ACCOUNT_MEMORY_BYTES: usize = 20 << 20;
/// An actor's id in bytes.
pub const ACTOR_ID_BYTES: usize = 128;
/// Actors of one account: they are mirrored in memory, with their declarations.
pub const ACTORS: usize = 1000;
/// An actor's declaration in bytes: room for some webhooks with templates.
pub const ACTOR_BYTES: usize = 1 << 20;
/// Webhooks in one actor's declaration.
pub const WEBHOOKS_PER_ACTOR: usize = 100;
/// Attempts kept by number in a delivery's record; older ones stay in the attempts table only.
pub const ATTEMPTS_PER_DELIVERY: usize = 64;

/// A job's input in bytes: its first event carries it.
pub const JOB_INPUT_BYTES: usize = 1 << 20;
/// A job's error in bytes of JSON.
pub const JOB_ERROR_BYTES: usize = 64 << 10;
/// The longest a job may take: what waits longer is forgotten rather than slow.
pub const JOB_TIMEOUT: Duration = Duration::from_secs(365 * 86_400);
/// One row of a job's results in bytes.
pub const RESULT_ROW_BYTES: usize = 1 << 20;
/// One item of a dataset in bytes: what the provider's libraries push.
pub const ITEM_BYTES: usize = 9 << 20;
/// Values in an item that is longer than [`RESULT_ROW_BYTES`], within members and lists: what it takes to choose
/// members or to make a table grows with them, and shorter items cannot have many more.
pub const ITEM_VALUES: usize = 262_144;
/// Rows of results are kept in blocks of this many bytes, unless a row alone is longer: with its key,
/// such a block just fits the engine's 64 KiB page, and a read at any offset takes one block.
pub const RESULT_BLOCK_BYTES: usize = 60 << 10;
/// Bytes of appended rows that are one commit.
pub const RESULT_BATCH_BYTES: usize = 1 << 20;
/// Rows of results in one page of JSON when the caller names no number.
pub const RESULTS_DEFAULT: u64 = 100;
/// Rows of results in one page of JSON at most.
pub const RESULTS_MAX: u64 = 1000;
/// Bytes of results after which a page of JSON ends, whatever its limit.
pub const RESULT_PAGE_BYTES: usize = 4 << 20;
/// Bytes of results that are read at once for a streamed answer: one block, so that the memory of one
/// read fits the next.
pub const RESULT_CHUNK_BYTES: usize = 48 << 10;
/// Columns of results as CSV, the members of all rows: each row takes a byte for each of them, whatever
/// it holds, and tables of programs end at 16,384.
pub const CSV_COLUMNS: usize = 10_000;
/// The names of these columns together in bytes: they are kept while the table goes out.
pub const CSV_HEADER_BYTES: usize = 1 << 20;
/// Bytes of a dataset that are looked at for the number of its items that are not empty: clients ask for it again
/// and again while a run goes on, and empty items are few.
pub const CLEAN_SCAN_BYTES: usize = 512 << 10;
/// Names in `fields` or in `omit` of a dataset's items: more than an item for people has.
pub const ITEM_NAMES: usize = 1000;
/// Items that one of a dataset is unwound into before others have their turn: each may have as many members
/// as the one it comes from.
pub const UNWOUND_AT_ONCE: u64 = 100;
/// Numbers of a job's events that are kept with it, the newest: they show whether one is pending.
pub const EVENTS_PER_JOB: usize = 32;
/// Records that a run keeps: an Actor has a few, and a crawler's state some hundreds.
pub const RUN_RECORDS: usize = 1000;
/// One of them in bytes: what the provider's libraries put.
pub const RUN_RECORD_BYTES: usize = 9 << 20;
/// The key of a record in bytes.
pub const RUN_KEY_BYTES: usize = 256;
/// What a run says of how it stands, in bytes; its list shows none.
pub const RUN_MESSAGE_BYTES: usize = 1000;
/// The longest an answer waits for a run's end: clients ask again.
pub const RUN_WAIT: Duration = Duration::from_secs(60);
/// Rows in a window of runs, webhooks or dispatches at most.
pub const RUN_LIST_MAX: u64 = 1000;
/// What a piece of a streamed answer takes at most, but for its last row.
pub const PIECE_BYTES: usize = RESULT_ROW_BYTES + RESULT_CHUNK_BYTES;
/// Invalid members named in the answer to one line of a stream: each line has an answer.
pub const LINE_ERRORS: usize = 5;
/// Pages of jobs, each of [`PAGE_SCAN`] rows, that a window of runs looks at: its total is right up to there.
pub const RUN_LIST_PAGES: usize = 20;
/// One-time webhooks bound to one job, run or other thing: its end removes them, in one commit.
pub const ONE_SHOTS_PER_THING: usize = 1000;
/// Deliveries of a one-time webhook, among them tests, that are looked at for the one event it takes; one with more
/// takes none.
pub const ONE_SHOT_DELIVERIES: usize = 100;
/// Webhooks that may be made together with a job.
pub const WEBHOOKS_PER_JOB: usize = 32;

/// Rows in one page of a list when the caller names no number.
pub const PAGE_DEFAULT: usize = 50;
/// Rows in one page of a list at most.
pub const PAGE_MAX: usize = 250;
/// Rows a filtered page may look at before it ends with a cursor.
pub const PAGE_SCAN: usize = 5_000;

/// Attempts in one page of a webhook's log at most: each is read whole.
pub const LOG_PAGE_MAX: usize = 200;
/// Attempts that one page of a busy webhook's log looks at: only their heads are read.
pub const LOG_SCAN: usize = 50_000;
/// Bytes of a receiver's answer that the log shows.
pub const LOG_PREVIEW_BYTES: usize = 512;

/// Bytes of a receiver's answer that are kept with the attempt.
pub const RESPONSE_KEPT_BYTES: usize = 16 << 10;
/// How many times over an answer may be packed and is still unpacked: once is usual, twice happens where a server and
/// what stands before it both do it, and each more costs as much as the one before.
pub const ANSWER_CODINGS: usize = 4;
/// Bytes of a receiver's answer that are read at most: a connection is worth reading a little more
/// than is kept, and not worth a flood.
pub const RESPONSE_READ_BYTES: usize = 64 << 10;
/// Bytes of an answer in another language than HTTP/1 that its attempt's error quotes: enough to recognise it by.
pub const FOREIGN_ANSWER_BYTES: usize = 40;
/// Bytes of a redirect's target that its attempt's error shows; the whole of it is among the headers.
pub const REDIRECT_SHOWN_BYTES: usize = 200;
/// Bytes taken off the wire for an answer's head, interim answers and what comes along of its body.
pub const RESPONSE_HEAD_PHASE_BYTES: usize = 4 * RESPONSE_HEADER_BYTES;
/// Bytes taken off the wire for a body: as much as is read of one in chunks of a single byte, which
/// take six each.
pub const RESPONSE_BODY_PHASE_BYTES: usize = 8 * RESPONSE_READ_BYTES;
/// Response headers kept with the attempt, and hyper's bound on their number.
pub const RESPONSE_HEADERS: usize = 100;
/// A receiver's whole header block: hyper's read buffer for one connection.
pub const RESPONSE_HEADER_BYTES: usize = 32 << 10;
/// Events in one batch: its members' rows are written together when it closes.
pub const BATCH_EVENTS: u32 = 1000;
/// Bytes of the data in one batch: it is one body, and one write, on top of a commit's.
pub const BATCH_BYTES: u32 = 4 << 20;
/// The same unless the webhook says otherwise: as much as one event may have.
pub const BATCH_BYTES_DEFAULT: u32 = 1 << 20;
/// Event types that a webhook gathers at the same time, beside which one more closes at once: each takes some 200
/// bytes of memory.
pub const WEBHOOK_GATHERINGS: usize = 100;
/// The same over all webhooks.
pub const GATHERINGS: usize = 100_000;
/// The longest an event waits for others: a webhook that wants them rarer is better served by a list.
pub const BATCH_WAIT: Duration = Duration::from_secs(3600);
/// The longest `ttl` of a resource: events are rarely kept longer.
pub const RESOURCE_TTL: Duration = Duration::from_secs(366 * 86_400);

/// How long a resolved name is believed; also the life of a vetted address.
pub const DNS_TTL: Duration = Duration::from_secs(30);
/// Names resolved at once: those that resolved before, those that nothing is known of, and those that failed
/// the last time. Each occupies a blocking thread for as long as a name server is silent.
pub const DNS_LOOKUPS: [usize; 3] = [8, 16, 8];
/// How long a name that does not resolve is not asked for again.
pub const DNS_FAILURE: Duration = Duration::from_secs(5);
/// How long an attempt waits for a name's fresh addresses where older ones are at hand (RFC 8767, section 5,
/// says 1.8 s).
pub const DNS_PATIENCE: Duration = Duration::from_secs(1);
/// For how many times [`DNS_TTL`] addresses are used for want of fresh ones: long enough for a name server's
/// restart, short enough that a receiver which has moved is found.
pub const DNS_STALE_TTLS: u32 = 10;
/// Names remembered at once.
pub const DNS_ENTRIES: usize = 10_000;
/// How long an idle connection to a receiver is kept; under the 60 s many proxies use.
pub const IDLE_CONNECTION: Duration = Duration::from_secs(30);
/// Idle connections kept over all webhooks: a descriptor and about 20 KiB each.
pub const IDLE_CONNECTIONS: usize = 1024;
/// Idle connections kept for one webhook: as many as it may use at once, or a burst would connect again.
pub const IDLE_PER_WEBHOOK: usize = LANE_IN_FLIGHT_MAX as usize;
/// Addresses of one name that are tried; all of them are vetted. More would let a name open connections
/// without end.
pub const CONNECT_ADDRESSES: usize = 16;
/// After which the next address is tried beside the one before (RFC 8305, 5).
pub const CONNECT_STAGGER: Duration = Duration::from_millis(250);
/// The longest `Retry-After` that is obeyed.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 3600);

/// Attempts in flight per webhook unless it says otherwise.
pub const LANE_IN_FLIGHT: u32 = 8;
/// The highest `max_in_flight` a webhook may ask for.
pub const LANE_IN_FLIGHT_MAX: u32 = 256;
/// Attempts in flight over all webhooks.
pub const GLOBAL_IN_FLIGHT: u32 = 512;
/// Due rows of one lane held in memory; more stay on disk.
pub const LANE_ROWS: usize = 256;
/// Lane pages being read at once.
pub const LANE_LOADS: usize = 32;
/// Payload bytes handed on in memory from ingest to dispatch; beyond it payloads are read back.
pub const PAYLOAD_CACHE_BYTES: usize = 24 << 20;

/// Commands in one commit: bounds how long the first of them waits.
pub const COMMIT_COMMANDS: usize = 512;
/// What the commands in one commit weigh together, in bytes, for the same reason: some 100 ms of work.
pub const COMMIT_BYTES: usize = 8 << 20;
/// What a single command may weigh, which then has a commit to itself: it bounds the product of a request's events,
/// the webhooks that each of them reaches, and what their templates give. It holds the largest body with
/// [`DELIVERIES_PER_REQUEST`], or the largest event with all that its templates may give.
pub const COMMAND_BYTES: usize = 2 * REQUEST_BODY_BYTES;
/// What a delivery, or any other small row, weighs: it is small, but a wide event has many, at 10 to 15 µs each.
pub const ROW_WEIGHT_BYTES: usize = 512;
/// What removing a webhook weighs: its record is resealed, and it leaves several tables.
pub const REMOVAL_WEIGHT_BYTES: usize = 4 * ROW_WEIGHT_BYTES;
/// Lanes whose next command does not fit into a commit, after which no other is looked at.
pub const COMMIT_PASSED: usize = 16;
/// Bytes of new rows of one table that wait to be put there together. More are not put there faster.
pub const WAITING_ROWS_BYTES: usize = 1 << 20;
/// Rows in one webhook-wide step of the writer (cancelling a removed webhook's backlog, pruning):
/// such work goes on in the next commit, so that no commit is long.
pub const COMMIT_SWEEP: usize = 1000;
/// Bytes that count as a row among those, where rows are large.
pub const SWEEP_ROW_BYTES: usize = 4 << 10;
/// redb's page cache. Small is faster for this load, and its commits are shorter. The allocator keeps
/// a heap per thread, and where one thread reads what another wrote, memory comes to hold it twice.
pub const STORE_CACHE_BYTES: usize = 16 << 20;
/// Attempts without an open connection that the dispatcher begins at once: hundreds of them, due together,
/// would else stand in the way of whatever comes next.
pub const CONNECTING_AT_ONCE: usize = 16;
/// How long it begins nothing after so many.
pub const CONNECTING_REST: Duration = Duration::from_millis(1);
/// Free disk below which events are refused with 507.
pub const DISK_FREE_FLOOR: u64 = 64 << 20;
/// A file that is given up when the disk is full, so that deliveries can still be recorded.
pub const BALLAST_BYTES: u64 = 16 << 20;
/// Receivers that are asked to confirm their webhooks at once: no one is in a hurry for it.
pub const CONFIRMATIONS: usize = 16;
/// Reads of payloads at once that memory did not keep: each occupies a blocking thread, and the API has
/// [`STORE_READS`] of its own.
pub const PAYLOAD_READS: usize = 16;
/// Payloads in one of these reads, so that a long read holds up no one for long.
pub const PAYLOADS_PER_READ: usize = 16;
/// How soon a delivery is due again that found no network at all: the scheduler's probes decide when
/// it is really tried.
pub const UNSPENT_RETRY: Duration = Duration::from_secs(30);
/// How soon at the earliest a delivery is due again whose attempt the daemon had no descriptors, memory or local ports
/// for: each such attempt is stored, and none is counted, so they must be few.
pub const OWN_WANT_RETRY: Duration = Duration::from_secs(5);

/// How long an expired webhook is kept: its subscriber may ask for it again, and finds it with its id and
/// what waits for it.
pub const EXPIRED_GRACE: Duration = Duration::from_secs(24 * 3600);

/// The longest timeout of an exchange that may be configured: a slot is held for as long.
pub const EXCHANGE_MAX: Duration = Duration::from_secs(600);
/// The longest a replaced secret goes on signing: a week is ample to roll out its successor.
pub const SECRET_OVERLAP: Duration = Duration::from_secs(604_800);
/// A secret that a webhook signs with, as its text: 64 bytes in base64 or in hexadecimal digits, and words.
pub const SIGNING_SECRET_BYTES: usize = 256;
/// What stands before a signature in its header, such as `sha256=`.
pub const SIGNATURE_PREFIX_BYTES: usize = 64;
/// Replaced secrets of one webhook that sign at once: each makes the signature header longer.
pub const SECRETS_OVERLAPPING: usize = 4;
/// Attempts of one delivery that a policy may ask for.
pub const RETRY_ATTEMPTS: u32 = 100;
/// The longest wait between two attempts.
pub const RETRY_WAIT: Duration = Duration::from_secs(30 * 86_400);

/// Conditions in one filter's object.
pub const FILTER_CONDITIONS: usize = 32;
/// One JSONPath query of a filter in bytes.
pub const FILTER_QUERY_BYTES: usize = 1024;
/// How deep a query's brackets and parentheses may nest: its parser recurses.
pub const FILTER_NESTING: usize = 8;
/// Values that one query of a filter is compared with: each node it selects is compared with each.
pub const FILTER_QUERY_VALUES: usize = 32;
/// Bytes of memory that the compiled patterns of one filter may take: a class of Unicode takes some
/// kilobytes, and a count in braces multiplies what it follows. They count among what an account may hold.
pub const FILTER_PATTERNS_BYTES: usize = 64 << 10;
/// A pattern whose table, which looks at each byte once, takes more bytes than this has none; it takes a step
/// for each of its states instead.
pub const FILTER_TABLE_BYTES: usize = 16 << 10;
/// Steps that one filter may take for one event: up to ten milliseconds and more. A filter that would take more
/// does not get the event.
pub const FILTER_STEPS: u64 = 1_000_000;
/// Steps that the filters of all webhooks may take for one event, whether they match or not: this bounds
/// the product of webhooks, filters and data.
pub const FILTER_STEPS_PER_EVENT: u64 = 5 * FILTER_STEPS;
/// Steps that filters may take for all events of one request: this bounds it times the events of an array.
pub const FILTER_STEPS_PER_REQUEST: u64 = 4 * FILTER_STEPS_PER_EVENT;

/// Due rows of all lanes held in memory; beyond it a lane keeps [`SMALL_LANE_ROWS`]. 56 bytes each.
pub const ALL_LANE_ROWS: usize = 262_144;
/// Due rows in memory of a lane that is failing, or of any lane once memory is scarce: enough to
/// probe with, little enough for ten thousand dead lanes.
pub const SMALL_LANE_ROWS: usize = 16;
/// Payload bytes of the attempts in flight; a single larger one goes alone.
pub const BYTES_IN_FLIGHT: u64 = 64 << 20;
/// Consecutive failures after which a lane only probes.
pub const BREAKER_AFTER: u32 = 10;
/// The first wait between a failing lane's probes; doubled after each.
pub const PROBE_FIRST: Duration = Duration::from_secs(1);
/// How long the attempts of a lane that never delivered may go without an end before it is taken for one that
/// fails: most receivers answer sooner, and one that never answers is not to be waited for.
pub const FIRST_SIGN: Duration = Duration::from_secs(1);
/// Questions after what a delivery waits for that are on their way to the dispatch loop: it answers them all
/// in its next turn, so that a few are enough.
pub const WAITING_QUESTIONS: usize = 64;
/// The part of the free slots, one in so many, that lanes hold of which nothing is known and that gave no
/// sign yet: those that give none take what is free ever more slowly, so that some is left for the next one.
pub const YOUNG_PART: u32 = 8;
/// But so many of them at least, if that leaves half of what is free: with few slots in all, one webhook after the
/// other would be asked for the first time.
pub const YOUNG_LEAST: u32 = 4;
/// The longest wait between a failing lane's probes: how late a recovery may be noticed.
pub const PROBE_MAX: Duration = Duration::from_secs(300);
/// The longest wait between probes while there is no network: an uplink's return is noticed soon.
pub const OFFLINE_PROBE_MAX: Duration = Duration::from_secs(30);
/// Consecutive failures to resolve a name, over two lanes or more, that mean there is no network.
pub const OFFLINE_DNS_RUN: u32 = 4;
/// The longest pause of a lane whose receiver answers 429, 502 or 504 without naming a time.
pub const THROTTLE_MAX: Duration = Duration::from_secs(60);
/// Bytes of log lines waiting to be written; more lines are lost, counted and reported.
pub const LOG_BYTES: usize = 1 << 20;
/// How long the command line waits for one answer of the daemon.
pub const CLIENT_DEADLINE: Duration = Duration::from_secs(60);
/// Pages without rows that the command line follows in a list until one has some; each looked at [`PAGE_SCAN`] rows.
pub const EMPTY_PAGES: usize = 1000;
/// Pages of [`PAGE_MAX`] things that the command line looks through for a short id: as many as hold the webhooks
/// of an account by default. Of what has no such end (events, deliveries, jobs) it looks at one.
pub const SHORT_ID_PAGES: usize = 80;
/// Things that one command does something to when it is given all that match: each is a request of its own, and the
/// next command goes on with the rest.
pub const BULK_ROWS: usize = 10_000;
/// Failures in a row after which the status names a webhook: one or two are a receiver's restart.
pub const STATUS_FAILURES: u32 = 3;
/// How long the status waits for what the scheduler knows of receivers; one that stands never answers.
pub const STATUS_HEALTH_WAIT: Duration = Duration::from_secs(1);
/// Webhooks that the status names, and those whose newest attempts the command line asks for, to tell a list of deliveries their status codes.
pub const STATUS_WEBHOOKS: usize = 10;
/// The largest answer the command line takes: a page of the largest rows.
pub const CLIENT_BODY_BYTES: usize = 64 << 20;
/// What waits for the store's writer because accounts asked for it, in places: each command has one, and another
/// one for each [`INGEST_UNIT_BYTES`] that it weighs. 132 MiB may wait in all; beyond it callers hear 503.
pub const INGEST_QUEUE: usize = 4 * ACCOUNT_INGEST_QUEUE;
/// The same of one account, which hears 429 beyond it. The heaviest command fits in.
pub const ACCOUNT_INGEST_QUEUE: usize = COMMAND_BYTES / INGEST_UNIT_BYTES + 64;
/// The weight that one place in the writer's queue stands for.
pub const INGEST_UNIT_BYTES: usize = 16 << 10;
/// What is wrong with a store that `verify-store` reports one by one; the rest it counts.
pub const VERIFY_FAULTS_LISTED: usize = 100;
/// Locks under which accounts' webhooks are changed one after the other; two accounts of 65 share one.
pub const EDITING_PLACES: usize = 64;
/// Commits that dispatch may be behind before the writer waits for it.
pub const COMMITTED_QUEUE: usize = 64;
/// Payload bytes that wait for dispatch with them. Beyond it dispatch reads payloads from the store, as it does of any backlog.
pub const COMMITTED_BYTES: usize = COMMAND_BYTES;
/// How often free disk space is looked at between commits, at most: a system call each.
pub const SPACE_CHECK: Duration = Duration::from_millis(250);
/// How long after the ballast could not be made it is tried again: each try writes all of it.
pub const BALLAST_AGAIN: Duration = Duration::from_secs(60);
/// Attempts that a webhook's statistics look at; percentiles of the newest are good enough.
pub const STATS_ATTEMPTS: usize = 5_000;
/// Pending deliveries that a webhook's statistics count one by one.
pub const STATS_BACKLOG: usize = 100_000;
/// How often retention looks again at old events that had something pending.
pub const PRUNE_AGAIN: Duration = Duration::from_secs(3600);
/// The same for what is pending of accounts that hold more than their share of the store's budget.
pub const PRUNE_AGAIN_FULL: Duration = Duration::from_secs(60);
/// Replays of one account that have not ended.
pub const REPLAYS: usize = 100;
/// Replays of one account that go on at once, the oldest: others of it wait for them, and those of
/// other accounts do not.
pub const REPLAYS_AT_ONCE: usize = 10;

/// Connections of one listener: a descriptor and about 10 KiB each. When it is reached, the one that
/// has waited longest without a request makes room, so silent clients cannot keep others out.
pub const LISTENER_CONNECTIONS: usize = 4096;
/// The same where few descriptors are to be had: below this no one could be served.
pub const LISTENER_CONNECTIONS_LEAST: usize = 16;
/// Connections from one address (an IPv6 /64); loopback is exempt, since proxies sit there.
pub const ADDRESS_CONNECTIONS: usize = 512;
/// From a connection's start, or a request's first byte, to the end of its headers.
pub const HEAD_DEADLINE: Duration = Duration::from_secs(10);
/// How long a connection may wait between requests; above the 60 s of common proxies, which would
/// otherwise meet a connection that is just being closed.
pub const KEEP_ALIVE_IDLE: Duration = Duration::from_secs(75);
/// Bodies that were refused, or not asked for, and are taken and dropped at once, of one listener: what is
/// beyond closes its connection.
pub const DRAINS: usize = 256;
/// How long such a body is taken: a client that sends all of its body before it reads gets its answer.
pub const DRAIN_TIME: Duration = Duration::from_secs(10);
/// Bytes of such a body: four of the largest that are taken.
pub const DRAIN_BYTES: usize = 64 << 20;
/// From a request's headers to the end of its body, where the body is not a stream.
pub const BODY_DEADLINE: Duration = Duration::from_secs(30);
/// The longest silence inside a streamed body.
pub const STREAM_SILENCE: Duration = Duration::from_secs(60);
/// How long a client may take less than [`WRITE_LEAST_BYTES`] of what waits for it.
pub const WRITE_STALL: Duration = Duration::from_secs(30);
/// What a client must take of its answer within [`WRITE_STALL`]: about 2 KiB a second.
pub const WRITE_LEAST_BYTES: usize = 64 << 10;
/// Headers of a request.
pub const REQUEST_HEADERS: usize = 64;
/// A request's whole head, and one connection's read buffer.
pub const REQUEST_HEAD_BYTES: usize = 32 << 10;
/// How long requests in progress may go on once the listener is asked to stop.
pub const SHUTDOWN_GRACE: Duration = Duration::from_secs(10);

/// How long a stopping listener waits for the first request of a connection that it has accepted: the
/// time that one takes on its way, and not what a client spends that only keeps a connection ready.
pub const FRESH_GRACE: Duration = Duration::from_secs(2);
/// The pause after a failed accept: the descriptors that are missing come back with time only.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// A settings document (a webhook, a token, an event type) in bytes.
pub const SETTINGS_BODY_BYTES: usize = 256 << 10;
/// A request's target (path and query) in bytes.
pub const REQUEST_TARGET_BYTES: usize = 8 << 10;
/// The same where a run is started, in whose query its webhooks stand: all that a head may have, but for the
/// headers of clients. Templates of a megabyte do not fit any request's target.
pub const WEBHOOKS_TARGET_BYTES: usize = REQUEST_HEAD_BYTES - (4 << 10);
/// Invalid members named in one answer: enough to mend a request, too few to swell an answer.
pub const PROBLEM_ERRORS: usize = 100;
/// A member's pointer, and what is wrong with it, in an answer: both may quote what the caller sent.
pub const PROBLEM_TEXT_BYTES: usize = 1000;
/// Requests per second of one account, and of one token: more than one daemon serves. What keeps
/// accounts out of each other's way is how many requests each has in progress; a rate is for
/// operators who sell one.
pub const REQUESTS_PER_SECOND: u32 = 50_000;
/// Requests in progress of one account: a quarter of a listener's connections. One token may have
/// half of them.
pub const ACCOUNT_CONNECTIONS: usize = LISTENER_CONNECTIONS / 4;
/// Answers of one account that wait for something: beyond it they come at once.
pub const ACCOUNT_WAITS: usize = ACCOUNT_CONNECTIONS / 4;
/// How long what is open under a token may go on after the token's end, to end by itself: a wait answers,
/// a stream says its last word. All of it is over within a second.
pub const TOKEN_END_GRACE: Duration = Duration::from_millis(500);
const _: () = assert!(TOKEN_END_GRACE.as_millis() < 1000);
/// How long an expired token is still listed: long enough to see which one a client needs replaced.
pub const EXPIRED_TOKENS_KEPT: Duration = Duration::from_secs(30 * 24 * 3600);
/// How often it is stored when tokens were last used: a commit for all of them, and at most one an hour for
/// each.
pub const TOKEN_USES_STORED: Duration = Duration::from_secs(600);
/// Failed authentications of one address per minute before it hears 429.
pub const AUTH_FAILURES: u32 = 30;
/// Unauthenticated requests to unsubscribe of one address per minute: as many as one provider that
/// turns its automations off needs, too few to try targets out.
pub const UNSUBSCRIBES: u32 = 120;
/// Answers to requests to unsubscribe come at whole numbers of this after their arrival: longer than the
/// commit that only some of them need.
pub const UNSUBSCRIBE_BEAT: Duration = Duration::from_millis(100);
/// Samples in one answer at most: a form shows a few.
pub const SAMPLES: usize = 20;
/// Samples in one answer unless it is asked for more or fewer.
pub const SAMPLES_DEFAULT: usize = 3;
/// Events of a type that are looked at for samples: each costs a payload.
pub const SAMPLES_SCAN: usize = 100;
/// Addresses whose failures are counted at once, and tokens whose requests are.
pub const RATE_ENTRIES: usize = 10_000;
/// What an event's document may have in bytes beyond the largest `data`: the other members.
pub const EVENT_EXTRA_BYTES: usize = 64 << 10;
/// Answers that wait for a client to read them, in bytes; of one account, or one address of callers
/// without a token, a quarter. Beyond it large answers are refused with 429 or 503.
pub const ANSWERS_BYTES: usize = 64 << 20;
/// What each answer may have without counting among [`ANSWERS_BYTES`]: with as many connections as
/// there may be, a quarter as much again.
pub const ANSWER_FREE_BYTES: usize = 4 << 10;
/// Bytes after which a page of a list ends, whatever its limit.
pub const PAGE_BYTES: usize = 1 << 20;
/// Answers that wait for something to happen: they are a quarter of a listener's connections at most.
pub const WAITS: usize = LISTENER_CONNECTIONS / 4;
/// Connections that a full listener asks to give way at once: a part of [`LISTENER_CONNECTIONS`], so
/// that it does not look for them at each new connection.
pub const GIVING_WAY_PART: usize = 64;
/// How long a connection that was asked to give way may take to answer.
pub const GIVE_WAY: Duration = Duration::from_secs(1);
/// How often a body that is counted is looked at for progress.
pub const BODY_PACE: Duration = Duration::from_secs(2);
/// What must have come of it since, while bodies are scarce: 32 KiB a second.
pub const BODY_PACE_BYTES: u64 = 64 << 10;
/// Bodies being read or worked on, in bytes; of one account half of it. Beyond it large requests hear
/// 429 or 503.
pub const BODIES_BYTES: usize = 64 << 20;
/// What each body may have without counting among [`BODIES_BYTES`], so that a flood of large ones
/// keeps no small one out.
pub const BODY_FREE_BYTES: usize = 32 << 10;
/// Members that a compressed body may have: lines that were compressed one by one. Each costs a decoder.
pub const GZIP_MEMBERS: u64 = 1000;
/// Bytes that each member beyond these must have cost as it arrived, on average.
pub const GZIP_MEMBER_BYTES: u64 = 1 << 10;
/// Lines of one NDJSON stream that may be refused, beside as many as were accepted: each answer is a hundred
/// times as long as the shortest line.
pub const STREAM_REFUSALS: u64 = 1000;
/// Lines of one NDJSON stream that may come for nothing; each further one must have cost a byte as it arrived, which
/// any plain stream's does. A stream that is compressed to less holds the same line over and over.
pub const STREAM_FREE_LINES: u64 = 1000;
/// Bytes of JSON from which on reading them, or an event with them, is long work: it takes a millisecond
/// and more, so that it is done off the runtime's workers.
pub const LONG_BYTES: usize = 128 << 10;
/// Bytes of JSON from which on its digest is long work: one of small objects takes ten times as long to hash as
/// to read, two hashes for every few bytes.
pub const LONG_DIGEST_BYTES: usize = 16 << 10;
/// Steps of filters, and bytes that templates look at, that are long work, for the same reason.
pub const LONG_STEPS: u64 = 100_000;
/// Bytes of an array's or a stream's events that are prepared in one go; then others have their turn.
pub const PREPARED_BYTES: usize = 64 << 10;
/// What preparing an event costs besides its bytes, in bytes.
pub const PREPARED_EVENT_BYTES: usize = 2 << 10;
/// How long a busy store is left alone before it is asked again: a commit or two.
pub const BUSY_PAUSE: Duration = Duration::from_millis(20);
/// How long a stream of events waits for a busy store before its lines are refused: its client may send them
/// again, each by itself.
pub const EVENTS_PATIENCE: Duration = Duration::from_secs(1);
/// How long a push of items or a record waits for a busy store: its client waits for an answer, and sends it
/// again whole.
pub const PUSH_PATIENCE: Duration = Duration::from_secs(2);
/// How long a stream of rows waits for a busy store: to begin again in the middle of a long one costs more.
pub const ROWS_PATIENCE: Duration = Duration::from_secs(10);
/// Lines of an NDJSON stream in one commit.
pub const STREAM_LINES: usize = 100;
/// Reads of the store at once: each occupies a blocking thread.
pub const STORE_READS: usize = 16;
/// Reads of one account at once; others of it wait for them. They take time of the processors that
/// everything else runs on, and a machine may have two.
pub const ACCOUNT_READS: usize = 4;
/// Live tails at once.
pub const TAILS: usize = 64;
/// Live tails of one account; one token may have half of them.
pub const ACCOUNT_TAILS: usize = 16;
/// Things a tail reads from the store at once.
pub const TAIL_PAGE: usize = 100;
/// How far a tail may fall behind what is committed before it is dropped.
pub const TAIL_BEHIND: u64 = 10_000;
/// How long a tail's client may take nothing while there is something to send.
pub const TAIL_STALL: Duration = Duration::from_secs(10);
/// The comment that keeps a quiet tail's connection open.
pub const TAIL_COMMENT: Duration = Duration::from_secs(15);
/// Listeners that are connected at once; each may have as many requests in flight as a webhook.
pub const LISTENERS: usize = 128;
/// Connected listeners of one account; one token may have half of them.
pub const ACCOUNT_LISTENERS: usize = 16;
/// Requests that wait for a listener's connection to take them; the attempts they are of wait with them.
pub const LISTENER_QUEUE: usize = 4;
/// How much longer than its target may take a listener's answer is waited for: its own way back.
pub const LISTENER_GRACE: Duration = Duration::from_secs(5);
/// A listener's answer in bytes: what is kept of a response's body in base64, and its headers.
pub const LISTENER_ANSWER_BYTES: usize = 128 << 10;
/// Headers of a listener's answer, as many as of a response that the daemon reads itself.
pub const LISTENER_ANSWER_HEADERS: usize = 100;
/// Requests that the command line's listener has at its target at once; those beyond wait for one of them.
pub const FORWARDS: usize = 64;
/// What was read of a listener's stream and not looked at yet: more than a webhook may have in flight.
pub const FORWARD_ITEMS: usize = 2 * LANE_IN_FLIGHT_MAX as usize;
/// Bytes of a target's headers that the command line's listener passes on: they fit an answer with its body.
pub const FORWARD_HEADER_BYTES: usize = 64 << 10;
/// Connections to a receiver of the command line at once; others wait.
pub const RECEIVER_CONNECTIONS: usize = 64;
/// The pause of a receiver of the command line that could not accept a connection.
pub const RECEIVER_PAUSE: Duration = Duration::from_millis(100);
/// Arrivals that an inbox shows: with [`INBOX_BODY_BYTES`] of each, some 12 MiB.
pub const INBOX_ARRIVALS: usize = 200;
/// The beginning of a body that an inbox keeps: as much as a person looks at.
pub const INBOX_BODY_BYTES: usize = 64 << 10;
/// Characters of what a listener says went wrong.
pub const LISTENER_ERROR_CHARS: usize = 500;
/// An account's name in bytes.
pub const ACCOUNT_NAME_BYTES: usize = 64;
/// Threads that do work whose cost tenants decide, such as validating data against a schema: few, so that
/// the rest of the daemon keeps its share of the cores. One account has one of them at a time.
pub const TENANT_WORK_THREADS: usize = 2;
/// Pieces of such work of one account that wait or run: each holds a request and its body.
pub const TENANT_WORK_WAITING: usize = 64;
/// The same of all accounts.
pub const TENANT_WORK_WAITING_ALL: usize = 512;
/// The stack of such a thread: validators recurse as deep as schemas and data nest. Only what is used of it
/// takes memory.
pub const TENANT_WORK_STACK: usize = 16 << 20;
/// A JSON Schema, or an example, in bytes.
pub const SCHEMA_BYTES: usize = 64 << 10;
/// Subschemas of a schema that can be reached: large ones have hundreds.
pub const SCHEMA_NODES: usize = 8000;
/// References and keywords such as `allOf` between a subschema and another for the same value: validators recurse.
pub const SCHEMA_CHAIN: usize = 64;
/// Steps that a schema may take for one value of the data, apart from the values within it. About 25 ns each.
pub const SCHEMA_VALUE_STEPS: u32 = 20_000;
/// Steps that a schema may take for one byte of a text.
pub const SCHEMA_BYTE_STEPS: u32 = 10_000;
/// Steps that validating the data of one event may take: about 50 ms.
pub const SCHEMA_STEPS: u64 = 2_000_000;
/// The same of the events of one request together.
pub const SCHEMA_STEPS_REQUEST: u64 = 8_000_000;
/// Steps below which data is validated at once instead of on a thread of its own: well under a millisecond.
pub const SCHEMA_STEPS_AT_ONCE: u64 = 10_000;
/// How deep validating may recurse: each level takes a few KiB of [`TENANT_WORK_STACK`].
pub const SCHEMA_FRAMES: u32 = 2000;
/// The same where data is validated at once, on a common stack.
pub const SCHEMA_FRAMES_AT_ONCE: u32 = 100;
/// What collecting every error may take in memory; where it might be more, the first is reported.
pub const SCHEMA_ERRORS_BYTES: u64 = 16 << 20;
/// One pattern of a schema in bytes: classes such as `\p{L}` are hundreds of ranges each.
pub const SCHEMA_PATTERN_BYTES: usize = 1000;
/// All patterns of a schema in bytes, for the same reason.
pub const SCHEMA_PATTERNS_BYTES: usize = 8 << 10;
/// What the automaton of one pattern may take in memory.
pub const SCHEMA_NFA_BYTES: usize = 1 << 20;
/// What one search may remember of a pattern in bytes; where that is too little, searching is slower.
pub const SCHEMA_SEARCH_BYTES: usize = 32 << 10;
/// What searches may leave behind in a validator before it is made again.
pub const SCHEMA_GROWTH_BYTES: u64 = 1 << 20;
/// What the validator of one schema may take in memory.
pub const SCHEMA_COMPILED_BYTES: usize = 4 << 20;
/// What the validators of one account that are kept may take in memory.
pub const SCHEMAS_KEPT_ACCOUNT_BYTES: usize = 8 << 20;
/// The same of all accounts.
pub const SCHEMAS_KEPT_BYTES: usize = 32 << 20;
/// Deliveries that are counted to say what becomes of what waited for a webhook: some tens of milliseconds.
pub const BACKLOG_COUNT: usize = 100_000;
/// Deliveries that running replays make pending in one commit.
pub const REPLAY_SLICE: usize = 500;
/// Rows that are looked at to say how much a replay will send.
pub const REPLAY_COUNT_SCAN: usize = 100_000;
/// A template of a body or of headers in bytes. Times the webhooks of an account, [`ACCOUNT_MEMORY_BYTES`] bounds
/// it; times those that an event reaches, [`TEMPLATE_WORK_PER_EVENT`].
pub const TEMPLATE_BYTES: usize = 1_000_000;
/// Variables in one template: each may bring as much as an event has.
pub const TEMPLATE_VARIABLES: usize = 1000;
/// How deep a template may nest: what it gives nests deeper by as much as an event's data does, and
/// parsers stop at 128.
pub const TEMPLATE_DEPTH: usize = 32;
/// Names in a variable's path: each is one more reading of the data.
pub const TEMPLATE_PATH: usize = 16;
/// What one template may give in bytes: it is kept for every delivery. Times the webhooks of an event, it is bounded
/// by [`TEMPLATED_PER_EVENT`]; times the events of a request, by [`TEMPLATED_PER_REQUEST`].
pub const TEMPLATE_OUTPUT_BYTES: usize = 4 << 20;
/// The same of a template of headers, which is made for each attempt: all headers there may be, and as much again
/// for what is around and between them. It is kept no longer than the attempt, so [`GLOBAL_IN_FLIGHT`] of them is
/// the most, however many webhooks there are: 64 MiB of headers.
pub const HEADERS_TEMPLATE_OUTPUT_BYTES: usize = 2 * CUSTOM_HEADERS * CUSTOM_HEADER_BYTES;
/// What the templates of all webhooks that one event reaches may give in bytes: they are one commit, and as
/// large as one of many commands may be ([`COMMIT_BYTES`]), so that no one waits longer for it.
pub const TEMPLATED_PER_EVENT: usize = 8 << 20;
/// What they may read of themselves and of its data, and put together, for one event: this bounds the product of
/// webhooks, templates and data, also of templates that give too much and so nothing. Some tenths of a second.
pub const TEMPLATE_WORK_PER_EVENT: usize = 8 * TEMPLATED_PER_EVENT;
/// The same for the events of one request.
pub const TEMPLATE_WORK_PER_REQUEST: usize = TEMPLATE_WORK_PER_EVENT;
/// What they may give for the events of one request, which are one commit.
pub const TEMPLATED_PER_REQUEST: usize = TEMPLATED_PER_EVENT;
/// Secrets of one account, for templates.
pub const SECRETS_PER_ACCOUNT: usize = 100;
/// The value of a secret in bytes: what a header can carry beside its name.
pub const SECRET_BYTES: usize = CUSTOM_HEADER_BYTES - 64;
/// A header's or a query's value of so many bytes is masked where a receiver repeats it; shorter ones say
/// too little, and stand everywhere.
pub const MASKED_VALUE_BYTES: usize = 6;
/// The name of a secret in bytes.
pub const SECRET_NAME_BYTES: usize = 64;
/// How long a token in a signature header is valid: what the action-run contract says.
pub const TOKEN_LIFE: Duration = Duration::from_secs(300);
/// How far receivers' clocks may be behind: a retired key stays published for as long beyond its last
/// token's life.
pub const TOKEN_SKEW: Duration = Duration::from_secs(300);
/// How long receivers may keep the list of public keys, and so how long a new key waits before it signs.
pub const JWKS_LIFE: Duration = Duration::from_secs(300);
/// The longest a new signing key may be made to wait.
pub const SIGNING_KEY_WAIT: Duration = Duration::from_secs(7 * 86_400);
/// Entries of the audit log at most, whatever its retention: about 300 MB. Who may change anything could fill the
/// disk otherwise.
pub const AUDIT_ENTRIES: u64 = 1_000_000;
/// Webhooks with figures of their own in `/metrics` at most: 40,000 series, 4 MB of text.
pub const METRICS_PER_WEBHOOK: usize = 10_000;
/// How long the audit log is kept unless the configuration says otherwise: a year, and what an audit of it takes.
pub const AUDIT_FOR: Duration = Duration::from_secs(400 * 86_400);
/// Entries that one step of retention takes away: a few milliseconds of the writer.
pub const AUDIT_PRUNED: usize = 1000;
/// Bytes of an entry's object, and of its detail: more than any id or list of settings needs.
pub const AUDIT_TEXT_BYTES: usize = 1024;
/// Entries that are checked in one look at the file: it holds up the reuse of pages for as long.
pub const AUDIT_CHECK_ROWS: usize = 10_000;
/// A line of an exported audit log: an entry's texts with every character escaped, and its ids.
pub const AUDIT_LINE_BYTES: u64 = 32 << 10;
/// Faults of the audit log that are named: the first says where it was changed, a few more how much.
pub const AUDIT_BREAKS: usize = 20;
/// What is done often is entered once for so long, and then as its number.
pub const AUDIT_FREQUENT_FOR: Duration = Duration::from_secs(60);
/// Entries that an account may make at once: more than most scripts change. It gets one back every
/// [`AUDIT_EVERY`]; beyond, the first time that somebody does something is an entry, and the others are counted
/// for [`AUDIT_COUNTED_FOR`].
pub const AUDIT_BURST: u32 = 1000;
/// With 20 first times and 21 numbers an hour, an account at full rate makes some 1,700 entries a day: less than
/// [`AUDIT_ENTRIES`] in [`AUDIT_FOR`].
pub const AUDIT_EVERY: Duration = Duration::from_secs(120);
/// See [`AUDIT_BURST`].
pub const AUDIT_COUNTED_FOR: Duration = Duration::from_secs(3600);
/// Who does what often, counted by themselves for an account at once; all others are one number.
pub const AUDIT_COUNTED: usize = 20;
/// Looks of [`PAGE_SCAN`] entries that a page of the audit log takes until it has one. Other accounts' entries
/// are passed over.
pub const AUDIT_LOOKS: usize = 20;
/// Lines a minute that the daemon's log has of failed authentications, from however many addresses; the others
/// of the minute are one line with their number.
pub const AUTH_FAILURE_LINES: u32 = 300;
/// Addresses whose failed authentications are entered by name within [`AUDIT_FAILURES_FOR`]; the others' are one.
pub const AUDIT_ADDRESSES: usize = 20;
/// For so long, failed authentications of an address are two entries at most: soon after the first of them, and the
/// others' number at the end. A stranger with many addresses gets 1,000 entries a day out of it, 400,000
/// in [`AUDIT_FOR`], and so pushes no other entry out of the newest [`AUDIT_ENTRIES`].
pub const AUDIT_FAILURES_FOR: Duration = Duration::from_secs(3600);
/// How often failed authentications are entered.
pub const AUDIT_FAILURES_EVERY: Duration = Duration::from_secs(10);
/// Signing keys of one algorithm at once: each is in every answer with the public ones.
pub const SIGNING_KEYS: usize = 16;
/// Free disk that a commit needs beside twice what its commands weigh, or it waits before it begins: the branches of the
/// tables that it changes, which are written again, and what the engine notes of the whole file.
pub const COMMIT_ROOM_BYTES: u64 = 1 << 20;
/// How long a write that found no room on the disk waits before it is tried again.
pub const ROOM_AGAIN: Duration = Duration::from_millis(250);
/// How long callers wait for a write that waits for room until they hear that it does.
pub const ROOM_ANSWER: Duration = Duration::from_secs(5);
/// Numbers of the sequence that are one block of an account's list. A page of a small account looks at a block for each of
/// its rows, at worst; a busy account writes one row of the list for as many numbers.
pub const LISTED_BLOCK: u64 = 64;
/// Pages of events that are looked through for samples, each of [`PAGE_SCAN`] rows.
pub const SAMPLES_PAGES: usize = 20;
/// Rows that one transaction of a schema's step rewrites.
pub const MIGRATE_ROWS: usize = 1000;
/// Rows that one transaction of a schema's step looks at to list them: few of them are written.
pub const MIGRATE_LISTED: usize = 50_000;
/// Rows that one step of resealing looks at: each costs two rounds of encryption.
pub const RESEAL_ROWS: usize = 100;
/// Bytes of rows after which such a step ends: webhooks and actors may have large templates.
pub const RESEAL_BYTES: usize = 1 << 20;
/// Bytes that a backup or an export of a store that serves writes between two rests: well under a millisecond
/// of one core, which is what callers may have to wait for.
pub const BACKUP_STINT_BYTES: usize = 128 << 10;
/// How long one of its rests is at most.
pub const BACKUP_REST: Duration = Duration::from_millis(20);
/// Bytes of rows that a backup gathers into one frame.
pub const BACKUP_FRAME_BYTES: usize = 256 << 10;
/// A frame of a backup at most: one row of the largest body and what was gathered before it.
pub const BACKUP_FRAME_MAX: usize = 64 << 20;
/// Warnings and errors that are kept for anyone who asks what went wrong.
pub const RECENT_LINES: usize = 200;
/// Characters of each of them at most, so that all of them stay below a megabyte.
pub const RECENT_LINE_CHARS: usize = 1000;
/// Bytes of a backup that go out in one piece.
pub const BACKUP_PIECE_BYTES: usize = 64 << 10;
/// Bytes of a backup's file between two looks at the room that is left.
pub const BACKUP_LOOK_BYTES: usize = 1 << 20;
/// Room that compaction needs beside the new file's own: its commits write before they free.
pub const COMPACT_SLACK_BYTES: u64 = 2 * COMMIT_BYTES as u64;
/// How long a backup's or an export's reader may take less than [`BACKUP_LEAST_BYTES`], not counting the time that
/// the daemon takes: all that time the store grows by what is changed.
pub const BACKUP_STALL: Duration = Duration::from_secs(60);
/// What the reader must take within [`BACKUP_STALL`]: some 70 KiB a second.
pub const BACKUP_LEAST_BYTES: usize = 4 << 20;
/// Pieces of a backup that may wait for their reader.
pub const BACKUP_PIECES: usize = 16;
/// A run webhook's settings in bytes: two templates, most of their characters escaped.
pub const RUN_WEBHOOK_BODY_BYTES: usize = 5 << 20;
/// Dispatches that are looked at to show a window of them and say how many there are.
pub const DISPATCH_SCAN: usize = 20 * PAGE_SCAN;
/// Dispatches of the webhooks of one list that are counted in all.
pub const DISPATCH_COUNT: usize = 100_000;
/// An event's data in bytes up to which a list of dispatches shows of it.
pub const DISPATCH_DATA_BYTES: u32 = 64 << 10;
/// The data of all events that one list of dispatches shows of, in bytes.
pub const DISPATCH_LIST_BYTES: u32 = 4 << 20;

/// Operational events of one type that an account gets within [`NOTICE_MINUTE`] one by one: a person
/// reads no more, and each goes to every webhook that listens, so this bounds their product.
pub const NOTICES_PER_MINUTE: u32 = 10;
/// How long operational events are counted before the others are emitted as one.
pub const NOTICE_MINUTE: Duration = Duration::from_secs(60);
/// Webhooks that are remembered of those counted together, so that none gets an event about itself: 16 bytes each.
pub const NOTICE_WEBHOOKS: usize = 10_000;
/// Of these, how many the event names.
pub const NOTICE_WEBHOOKS_SHOWN: usize = 20;

/// Rows that one piece of a count of the store looks at: a read transaction each.
pub const USAGE_ROWS: usize = 2000;
/// The part of the store's budget, one of so many, that is left free when accounts give up what they hold
/// over it. When it is used up, what they hold is counted again.
pub const BUDGET_SLACK: u64 = 16;

/// How far a rate limit's tokens are from full to be kept across restarts: a start takes about as long as what
/// is nearer.
pub const TOKENS_KEPT: Duration = Duration::from_secs(1);

/// How far the wall clock runs ahead of the monotonic one between two looks at retention to have leapt.
pub const CLOCK_LEAP: Duration = Duration::from_secs(60);
/// How long a clock that leapt has to stand before things are removed by their age: long enough for a time
/// server to set it right, or for a person to notice.
pub const CLOCK_BELIEVED_AFTER: Duration = Duration::from_secs(15 * 60);
