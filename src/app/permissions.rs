//! Who may do what: for each operation, the roles of which one is enough. Admins may do everything, so what
//! names no role is for them alone. Every surface asks here.

use crate::domain::account::{Role, Roles};

/// Those who look at what goes on.
const READERS: Roles = Roles::of(&[Role::Manager, Role::Reader]);
/// Those who look at work, which those who have it done may, too.
const FOLLOWERS: Roles = Roles::of(&[Role::Producer, Role::Manager, Role::Reader]);
/// Those who have work done.
const PRODUCERS: Roles = Roles::of(&[Role::Producer]);
/// Those who change what is set up.
const MANAGERS: Roles = Roles::of(&[Role::Manager]);
/// No one besides admins.
const ADMINS: Roles = Roles::of(&[]);

/// Post events.
pub const POST_EVENTS: Roles = PRODUCERS;
/// List and show events, and samples of them.
pub const SEE_EVENTS: Roles = READERS;
/// Send an event again.
pub const REPLAY_EVENTS: Roles = MANAGERS;

/// List and show webhooks, their statistics and their attempts.
pub const SEE_WEBHOOKS: Roles = READERS;
/// Create, change, pause, resume and delete webhooks.
pub const CHANGE_WEBHOOKS: Roles = MANAGERS;
/// Send a test event to a webhook.
pub const TEST_WEBHOOKS: Roles = MANAGERS;

/// See and change secrets, those of webhooks and those with a name; see what may hold one, such as the query
/// of a target.
pub const MANAGE_SECRETS: Roles = MANAGERS;

/// List and show deliveries and their attempts.
pub const SEE_DELIVERIES: Roles = READERS;
/// Make an attempt now.
pub const RETRY_DELIVERIES: Roles = MANAGERS;
/// Cancel pending deliveries.
pub const CANCEL_DELIVERIES: Roles = MANAGERS;
/// Follow events and attempts as they happen.
pub const FOLLOW: Roles = READERS;

/// List and show replays.
pub const SEE_REPLAYS: Roles = READERS;
/// Start and cancel replays.
pub const CHANGE_REPLAYS: Roles = MANAGERS;

/// List and show jobs, their results and what their runs keep.
pub const SEE_JOBS: Roles = FOLLOWERS;
/// Create jobs, move them on, and add to what they leave behind.
pub const CHANGE_JOBS: Roles = PRODUCERS;
/// List and show actors.
pub const SEE_ACTORS: Roles = READERS;
/// Declare actors and delete their declarations.
pub const DECLARE_ACTORS: Roles = MANAGERS;

/// List and show event types.
pub const SEE_EVENT_TYPES: Roles = READERS;
/// Declare event types and delete their declarations.
pub const DECLARE_EVENT_TYPES: Roles = MANAGERS;

/// List signing keys.
pub const SEE_SIGNING_KEYS: Roles = READERS;
/// Replace signing keys.
pub const ROTATE_SIGNING_KEYS: Roles = ADMINS;

/// Create, list and revoke tokens.
pub const MANAGE_TOKENS: Roles = ADMINS;
/// Create and list accounts.
pub const MANAGE_ACCOUNTS: Roles = ADMINS;
/// Act for any account, by its name.
pub const ACT_FOR_ACCOUNTS: Roles = ADMINS;
/// Show the own account.
pub const SEE_OWN_ACCOUNT: Roles = FOLLOWERS;
/// List the audit log's entries about the own account; admins list those of all.
pub const SEE_AUDIT: Roles = MANAGERS;
/// Check that the whole audit log is intact.
pub const CHECK_AUDIT: Roles = ADMINS;

/// Read what a delivery points at, where its webhook asks readers who they are.
pub const READ_RESOURCES: Roles = FOLLOWERS;
