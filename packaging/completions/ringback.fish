# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_ringback_global_optspecs
    string join \n V/version json config= data-dir= url= admin-url= token= token-file= ca= h/help
end

function __fish_ringback_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_ringback_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_ringback_using_subcommand
    set -l cmd (__fish_ringback_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c ringback -n "__fish_ringback_needs_command" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_needs_command" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_needs_command" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_needs_command" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_needs_command" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_needs_command" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_needs_command" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_needs_command" -s V -l version -d 'Print the version'
complete -c ringback -n "__fish_ringback_needs_command" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_needs_command" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "serve" -d 'Run the daemon'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "demo" -d 'See it work: send, fail, crash, recover and verify, all on this machine'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "check" -d 'Check the configuration; binds nothing and opens no store'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "reload" -d 'Let the daemon read its configuration anew; tells what changed'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "status" -d 'Show how the daemon is'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "event" -d 'Send and look at events'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "webhook" -d 'Keep webhooks'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "delivery" -d 'Look at deliveries'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "replay" -d 'Send past deliveries again, many at a time; says how many first'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "job" -d 'Look at jobs'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "account" -d 'Keep accounts'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "backup" -d 'Write a consistent copy of the running daemon\'s store to a file, or to - for standard output'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "restore" -d 'Make a store of a backup; the daemon must be stopped'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "compact" -d 'Make the store\'s file as small as what it holds; the daemon must be stopped'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "verify-store" -d 'Walk through the whole store and say whether it is damaged; the daemon must be stopped'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "export" -d 'Write every row of the running daemon\'s store as a line of JSON; secrets stay sealed'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "import" -d 'Make a store of an export; the daemon must be stopped'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "secret" -d 'Keep secrets that templates of headers may name'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "token" -d 'Keep access tokens'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "audit" -d 'List who changed what; verify and export the log of it'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "verify" -d 'Check a delivery\'s signature and say why it fails'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "completions" -d 'Print what a shell needs to complete the command line'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "man" -d 'Print a manual page: `ringback man | man -l -`'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "support-bundle" -d 'Gather what somebody who is to help needs to know into one text, without secrets'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "openapi" -d 'Print the description of the API (OpenAPI 3.1)'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "version" -d 'Print the version'
complete -c ringback -n "__fish_ringback_using_subcommand serve" -l listen -d 'Where the API listens [default: 127.0.0.1:8420]' -r
complete -c ringback -n "__fish_ringback_using_subcommand serve" -l admin-listen -d 'Where the admin listener listens: an address, or unix:/PATH [default: 127.0.0.1:8421]' -r
complete -c ringback -n "__fish_ringback_using_subcommand serve" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand serve" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand serve" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand serve" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand serve" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand serve" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand serve" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand serve" -l dev -d 'For a developer\'s machine: let webhooks point at this host, over plain http'
complete -c ringback -n "__fish_ringback_using_subcommand serve" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand serve" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand demo" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand demo" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand demo" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand demo" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand demo" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand demo" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand demo" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand demo" -l exit -d 'End after the script instead of serving on'
complete -c ringback -n "__fish_ringback_using_subcommand demo" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand demo" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand check" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand check" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand check" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand check" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand check" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand check" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand check" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand check" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand check" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand reload" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand reload" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand reload" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand reload" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand reload" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand reload" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand reload" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand reload" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand reload" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand status" -l timeout -d 'For how many seconds to wait' -r
complete -c ringback -n "__fish_ringback_using_subcommand status" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand status" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand status" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand status" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand status" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand status" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand status" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand status" -l wait -d 'Wait until the daemon is ready'
complete -c ringback -n "__fish_ringback_using_subcommand status" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand status" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand event; and not __fish_seen_subcommand_from send show list replay" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event; and not __fish_seen_subcommand_from send show list replay" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event; and not __fish_seen_subcommand_from send show list replay" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and not __fish_seen_subcommand_from send show list replay" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and not __fish_seen_subcommand_from send show list replay" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and not __fish_seen_subcommand_from send show list replay" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event; and not __fish_seen_subcommand_from send show list replay" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event; and not __fish_seen_subcommand_from send show list replay" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand event; and not __fish_seen_subcommand_from send show list replay" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand event; and not __fish_seen_subcommand_from send show list replay" -f -a "send" -d 'Send one event'
complete -c ringback -n "__fish_ringback_using_subcommand event; and not __fish_seen_subcommand_from send show list replay" -f -a "show" -d 'Show an event and its deliveries'
complete -c ringback -n "__fish_ringback_using_subcommand event; and not __fish_seen_subcommand_from send show list replay" -f -a "list" -d 'List events, newest first'
complete -c ringback -n "__fish_ringback_using_subcommand event; and not __fish_seen_subcommand_from send show list replay" -f -a "replay" -d 'Send events again: these to the webhooks that missed them, or the deliveries that match (as `replay`)'
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from send" -l type -d 'Its type, as order.paid' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from send" -l data -d 'Its data, as JSON: in place, `@FILE`, or `-` for standard input' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from send" -l id -d 'Your own id; the same id again sends nothing twice' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from send" -l occurred-at -d 'When it happened, as 2026-05-01T12:34:56Z' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from send" -l order-key -d 'Events with one key keep their order at webhooks that ask for it' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from send" -l metadata -d 'Your own labels, as a JSON object' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from send" -l idempotency-key -d 'A key that makes sending again harmless' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from send" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from send" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from send" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from send" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from send" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from send" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from send" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from send" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from send" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from show" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from show" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from show" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from show" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from show" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from show" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from show" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from show" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from list" -l type -d 'Those of a type or glob, as order.*' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from list" -l since -d 'Those accepted at or after a time' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from list" -l until -d 'Those accepted before a time' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from list" -l limit -d 'At most this many' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from list" -l cursor -d 'Go on where an earlier page ended' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from list" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from list" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from list" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from list" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from list" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from list" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from list" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from list" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from replay" -l state -d 'Those in a state: pending, delivered, failed or cancelled; to replay also skipped, with a webhook' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from replay" -l webhook -d 'Those to a webhook' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from replay" -l event-type -d 'Those of events of a type or glob, as order.*' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from replay" -l since -d 'Those of events accepted at or after a time' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from replay" -l until -d 'Those of events accepted before a time' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from replay" -l error -d 'Those whose last attempt failed in a way, as timeout_total or status' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from replay" -l rate -d 'Deliveries per second at most' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from replay" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from replay" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from replay" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from replay" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from replay" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from replay" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from replay" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from replay" -l all -d 'To all webhooks that match, those that got them too'
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from replay" -l dry-run -d 'Only count them'
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from replay" -l wait -d 'Wait until all of them were sent on their way'
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from replay" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from replay" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and not __fish_seen_subcommand_from add list show pause resume test rotate rm" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and not __fish_seen_subcommand_from add list show pause resume test rotate rm" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and not __fish_seen_subcommand_from add list show pause resume test rotate rm" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and not __fish_seen_subcommand_from add list show pause resume test rotate rm" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and not __fish_seen_subcommand_from add list show pause resume test rotate rm" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and not __fish_seen_subcommand_from add list show pause resume test rotate rm" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and not __fish_seen_subcommand_from add list show pause resume test rotate rm" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and not __fish_seen_subcommand_from add list show pause resume test rotate rm" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and not __fish_seen_subcommand_from add list show pause resume test rotate rm" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and not __fish_seen_subcommand_from add list show pause resume test rotate rm" -f -a "add" -d 'Add a webhook; prints its secret, once'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and not __fish_seen_subcommand_from add list show pause resume test rotate rm" -f -a "list" -d 'List webhooks'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and not __fish_seen_subcommand_from add list show pause resume test rotate rm" -f -a "show" -d 'Show a webhook'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and not __fish_seen_subcommand_from add list show pause resume test rotate rm" -f -a "pause" -d 'Stop sending to a webhook; its events are kept until it is resumed'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and not __fish_seen_subcommand_from add list show pause resume test rotate rm" -f -a "resume" -d 'Send to a paused or disabled webhook again'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and not __fish_seen_subcommand_from add list show pause resume test rotate rm" -f -a "test" -d 'Send a test event to a webhook'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and not __fish_seen_subcommand_from add list show pause resume test rotate rm" -f -a "rotate" -d 'Give a webhook a new secret; the old one goes on signing for a while'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and not __fish_seen_subcommand_from add list show pause resume test rotate rm" -f -a "rm" -d 'Remove a webhook'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l events -d 'The event types it wants, as order.* (may be repeated, or separated by commas)' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l profile -d 'How to render, sign and retry' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l description -d 'A note for people' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l secret -d 'Its secret; made for you unless given' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l header -d 'A header on its requests, as `Name: value` (may be repeated)' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l filter -d 'Which data it wants, as JSON' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l ordering -d 'Whether deliveries keep an order: none, webhook or key' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l max-in-flight -d 'Attempts in flight at most' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l rate -d 'Attempts per second at most' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l burst -d 'Attempts that may start at once, with --rate' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from list" -l limit -d 'At most this many' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from list" -l cursor -d 'Go on where an earlier page ended' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from list" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from list" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from list" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from list" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from list" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from list" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from list" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from list" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from show" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from show" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from show" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from show" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from show" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from show" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from show" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from show" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from pause" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from pause" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from pause" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from pause" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from pause" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from pause" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from pause" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from pause" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from pause" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from resume" -l backlog -d 'What becomes of the events that waited: deliver (the default) or drop' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from resume" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from resume" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from resume" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from resume" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from resume" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from resume" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from resume" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from resume" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from resume" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from test" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from test" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from test" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from test" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from test" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from test" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from test" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from test" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from test" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from rotate" -l overlap -d 'For how many seconds the old secret goes on signing' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from rotate" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from rotate" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from rotate" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from rotate" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from rotate" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from rotate" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from rotate" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from rotate" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from rotate" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from rm" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from rm" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from rm" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from rm" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from rm" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from rm" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from rm" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from rm" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from rm" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and not __fish_seen_subcommand_from list show retry" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and not __fish_seen_subcommand_from list show retry" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and not __fish_seen_subcommand_from list show retry" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and not __fish_seen_subcommand_from list show retry" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and not __fish_seen_subcommand_from list show retry" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and not __fish_seen_subcommand_from list show retry" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and not __fish_seen_subcommand_from list show retry" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and not __fish_seen_subcommand_from list show retry" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and not __fish_seen_subcommand_from list show retry" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and not __fish_seen_subcommand_from list show retry" -f -a "list" -d 'List deliveries, newest first'
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and not __fish_seen_subcommand_from list show retry" -f -a "show" -d 'Show a delivery and its attempts'
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and not __fish_seen_subcommand_from list show retry" -f -a "retry" -d 'Try a delivery again now'
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from list" -l state -d 'Those in a state: pending, delivered, failed or cancelled; to replay also skipped, with a webhook' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from list" -l webhook -d 'Those to a webhook' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from list" -l event-type -d 'Those of events of a type or glob, as order.*' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from list" -l since -d 'Those of events accepted at or after a time' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from list" -l until -d 'Those of events accepted before a time' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from list" -l error -d 'Those whose last attempt failed in a way, as timeout_total or status' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from list" -l limit -d 'At most this many' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from list" -l cursor -d 'Go on where an earlier page ended' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from list" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from list" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from list" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from list" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from list" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from list" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from list" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from list" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from show" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from show" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from show" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from show" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from show" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from show" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from show" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from show" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from retry" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from retry" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from retry" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from retry" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from retry" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from retry" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from retry" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from retry" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from retry" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list show cancel" -l state -d 'Those in a state: pending, delivered, failed or cancelled; to replay also skipped, with a webhook' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list show cancel" -l webhook -d 'Those to a webhook' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list show cancel" -l event-type -d 'Those of events of a type or glob, as order.*' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list show cancel" -l since -d 'Those of events accepted at or after a time' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list show cancel" -l until -d 'Those of events accepted before a time' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list show cancel" -l error -d 'Those whose last attempt failed in a way, as timeout_total or status' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list show cancel" -l rate -d 'Deliveries per second at most' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list show cancel" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list show cancel" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list show cancel" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list show cancel" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list show cancel" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list show cancel" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list show cancel" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list show cancel" -l dry-run -d 'Only count them'
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list show cancel" -l wait -d 'Wait until all of them were sent on their way'
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list show cancel" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list show cancel" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list show cancel" -f -a "list" -d 'List replays, newest first'
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list show cancel" -f -a "show" -d 'Show a replay and how far it is'
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list show cancel" -f -a "cancel" -d 'Stop a replay; what it has sent stays sent'
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from list" -l limit -d 'At most this many' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from list" -l cursor -d 'Go on where an earlier page ended' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from list" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from list" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from list" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from list" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from list" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from list" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from list" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from list" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from show" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from show" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from show" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from show" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from show" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from show" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from show" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from show" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from cancel" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from cancel" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from cancel" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from cancel" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from cancel" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from cancel" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from cancel" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from cancel" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from cancel" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand job; and not __fish_seen_subcommand_from list show" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and not __fish_seen_subcommand_from list show" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and not __fish_seen_subcommand_from list show" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and not __fish_seen_subcommand_from list show" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and not __fish_seen_subcommand_from list show" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and not __fish_seen_subcommand_from list show" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and not __fish_seen_subcommand_from list show" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and not __fish_seen_subcommand_from list show" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand job; and not __fish_seen_subcommand_from list show" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand job; and not __fish_seen_subcommand_from list show" -f -a "list" -d 'List jobs, newest first'
complete -c ringback -n "__fish_ringback_using_subcommand job; and not __fish_seen_subcommand_from list show" -f -a "show" -d 'Show a job'
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from list" -l status -d 'Those with a status: queued, running, succeeded, failed, timed_out or aborted' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from list" -l type -d 'Those of a type or glob, as report.*' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from list" -l since -d 'Those made at or after a time' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from list" -l limit -d 'At most this many' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from list" -l cursor -d 'Go on where an earlier page ended' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from list" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from list" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from list" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from list" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from list" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from list" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from list" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from list" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from show" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from show" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from show" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from show" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from show" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from show" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from show" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from show" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand account; and not __fish_seen_subcommand_from create list" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand account; and not __fish_seen_subcommand_from create list" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand account; and not __fish_seen_subcommand_from create list" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand account; and not __fish_seen_subcommand_from create list" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand account; and not __fish_seen_subcommand_from create list" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand account; and not __fish_seen_subcommand_from create list" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand account; and not __fish_seen_subcommand_from create list" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand account; and not __fish_seen_subcommand_from create list" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand account; and not __fish_seen_subcommand_from create list" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand account; and not __fish_seen_subcommand_from create list" -f -a "create" -d 'Make an account'
complete -c ringback -n "__fish_ringback_using_subcommand account; and not __fish_seen_subcommand_from create list" -f -a "list" -d 'List accounts'
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from create" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from create" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from create" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from create" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from create" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from create" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from create" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from create" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from list" -l limit -d 'At most this many' -r
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from list" -l cursor -d 'Go on where an earlier page ended' -r
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from list" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from list" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from list" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from list" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from list" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from list" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from list" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from list" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand backup" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand backup" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand backup" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand backup" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand backup" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand backup" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand backup" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand backup" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand backup" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand restore" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand restore" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand restore" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand restore" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand restore" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand restore" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand restore" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand restore" -l dry-run -d 'Read it to its end and say what it holds; write nothing'
complete -c ringback -n "__fish_ringback_using_subcommand restore" -l replace -d 'Take the place of a store that is there'
complete -c ringback -n "__fish_ringback_using_subcommand restore" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand restore" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand compact" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand compact" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand compact" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand compact" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand compact" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand compact" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand compact" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand compact" -l dry-run -d 'Say what the file holds and what would be saved; write nothing'
complete -c ringback -n "__fish_ringback_using_subcommand compact" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand compact" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand verify-store" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand verify-store" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand verify-store" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand verify-store" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand verify-store" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand verify-store" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand verify-store" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand verify-store" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand verify-store" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand export" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand export" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand export" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand export" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand export" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand export" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand export" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand export" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand export" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand import" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand import" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand import" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand import" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand import" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand import" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand import" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand import" -l dry-run -d 'Read it to its end and say what would be done; write nothing'
complete -c ringback -n "__fish_ringback_using_subcommand import" -l replace -d 'Take the place of a store that is there'
complete -c ringback -n "__fish_ringback_using_subcommand import" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand import" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand secret; and not __fish_seen_subcommand_from set list rm" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand secret; and not __fish_seen_subcommand_from set list rm" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand secret; and not __fish_seen_subcommand_from set list rm" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and not __fish_seen_subcommand_from set list rm" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and not __fish_seen_subcommand_from set list rm" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and not __fish_seen_subcommand_from set list rm" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand secret; and not __fish_seen_subcommand_from set list rm" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand secret; and not __fish_seen_subcommand_from set list rm" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand secret; and not __fish_seen_subcommand_from set list rm" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand secret; and not __fish_seen_subcommand_from set list rm" -f -a "set" -d 'Set a secret'
complete -c ringback -n "__fish_ringback_using_subcommand secret; and not __fish_seen_subcommand_from set list rm" -f -a "list" -d 'List secrets by name'
complete -c ringback -n "__fish_ringback_using_subcommand secret; and not __fish_seen_subcommand_from set list rm" -f -a "rm" -d 'Take a secret away; what names it fails from then on'
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from set" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from set" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from set" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from set" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from set" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from set" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from set" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from set" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from list" -l limit -d 'At most this many' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from list" -l cursor -d 'Go on where an earlier page ended' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from list" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from list" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from list" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from list" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from list" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from list" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from list" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from list" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from rm" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from rm" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from rm" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from rm" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from rm" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from rm" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from rm" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from rm" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from rm" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand token; and not __fish_seen_subcommand_from create list revoke recover" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and not __fish_seen_subcommand_from create list revoke recover" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and not __fish_seen_subcommand_from create list revoke recover" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and not __fish_seen_subcommand_from create list revoke recover" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and not __fish_seen_subcommand_from create list revoke recover" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and not __fish_seen_subcommand_from create list revoke recover" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and not __fish_seen_subcommand_from create list revoke recover" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and not __fish_seen_subcommand_from create list revoke recover" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand token; and not __fish_seen_subcommand_from create list revoke recover" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand token; and not __fish_seen_subcommand_from create list revoke recover" -f -a "create" -d 'Make a token; prints it, once'
complete -c ringback -n "__fish_ringback_using_subcommand token; and not __fish_seen_subcommand_from create list revoke recover" -f -a "list" -d 'List tokens (never their texts), newest first'
complete -c ringback -n "__fish_ringback_using_subcommand token; and not __fish_seen_subcommand_from create list revoke recover" -f -a "revoke" -d 'Revoke a token'
complete -c ringback -n "__fish_ringback_using_subcommand token; and not __fish_seen_subcommand_from create list revoke recover" -f -a "recover" -d 'Put an admin token into the data directory\'s admin-token when all are lost; the daemon must be stopped. The others stay valid'
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from create" -l role -d 'What it may do: admin, producer, manager, reader or metrics; give it again for more' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from create" -l account -d 'The account it opens' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from create" -l description -d 'A note for people' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from create" -l expires-in -d 'How long it is good for, as 12h or 30d; for ever unless given' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from create" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from create" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from create" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from create" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from create" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from create" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from create" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from create" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from list" -l account -d 'Those of an account' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from list" -l limit -d 'At most this many' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from list" -l cursor -d 'Go on where an earlier page ended' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from list" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from list" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from list" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from list" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from list" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from list" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from list" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from list" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from revoke" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from revoke" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from revoke" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from revoke" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from revoke" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from revoke" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from revoke" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from revoke" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from revoke" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from recover" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from recover" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from recover" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from recover" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from recover" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from recover" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from recover" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from recover" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from recover" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand audit; and not __fish_seen_subcommand_from list verify export" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand audit; and not __fish_seen_subcommand_from list verify export" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand audit; and not __fish_seen_subcommand_from list verify export" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and not __fish_seen_subcommand_from list verify export" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and not __fish_seen_subcommand_from list verify export" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and not __fish_seen_subcommand_from list verify export" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand audit; and not __fish_seen_subcommand_from list verify export" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand audit; and not __fish_seen_subcommand_from list verify export" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand audit; and not __fish_seen_subcommand_from list verify export" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand audit; and not __fish_seen_subcommand_from list verify export" -f -a "list" -d 'List entries, newest first'
complete -c ringback -n "__fish_ringback_using_subcommand audit; and not __fish_seen_subcommand_from list verify export" -f -a "verify" -d 'Check that no entry was changed or taken away, in the daemon\'s log or in an export'
complete -c ringback -n "__fish_ringback_using_subcommand audit; and not __fish_seen_subcommand_from list verify export" -f -a "export" -d 'Write entries as lines of JSON, oldest first'
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from list" -l account -d 'Those about an account, by name or id' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from list" -l since -d 'Those of a time or later, as 2026-05-01T12:34:56Z' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from list" -l until -d 'Those before a time' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from list" -l actor -d 'Those of an actor: a token\'s id, daemon or anonymous' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from list" -l action -d 'Those of an action or glob, as webhook.*' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from list" -l object -d 'Those about an id or a name' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from list" -l limit -d 'At most this many' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from list" -l cursor -d 'Go on where an earlier page ended' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from list" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from list" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from list" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from list" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from list" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from list" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from list" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from list" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from verify" -l head -d 'The digest that the newest entry must have: what `verify` printed as head when the file was written' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from verify" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from verify" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from verify" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from verify" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from verify" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from verify" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from verify" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from verify" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from export" -l account -d 'Those about an account, by name or id' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from export" -l since -d 'Those of a time or later, as 2026-05-01T12:34:56Z' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from export" -l until -d 'Those before a time' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from export" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from export" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from export" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from export" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from export" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from export" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from export" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from export" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand verify" -l secret -d 'The webhook\'s secret: whsec_…, or a public key: whpk_… (`-` and `@FILE` are read)' -r
complete -c ringback -n "__fish_ringback_using_subcommand verify" -l header-file -d 'A file with the delivery\'s headers, one `Name: value` on each line' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand verify" -l header -d 'One header, as `Name: value`' -r
complete -c ringback -n "__fish_ringback_using_subcommand verify" -l body -d 'The body, byte for byte: in place, `@FILE`, or `-` for standard input' -r
complete -c ringback -n "__fish_ringback_using_subcommand verify" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand verify" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand verify" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand verify" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand verify" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand verify" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand verify" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand verify" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand verify" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand completions" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand completions" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand completions" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand completions" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand completions" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand completions" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand completions" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand completions" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand completions" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand man" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand man" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand man" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand man" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand man" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand man" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand man" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand man" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand man" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand support-bundle" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand support-bundle" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand support-bundle" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand support-bundle" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand support-bundle" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand support-bundle" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand support-bundle" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand support-bundle" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand support-bundle" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand openapi" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand openapi" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand openapi" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand openapi" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand openapi" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand openapi" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand openapi" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand openapi" -l dialects -d 'With the providers\' paths, besides Ringback\'s own'
complete -c ringback -n "__fish_ringback_using_subcommand openapi" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand openapi" -s h -l help -d 'Print help'
complete -c ringback -n "__fish_ringback_using_subcommand version" -l config -d 'The configuration file [env: RINGBACK_CONFIG]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand version" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand version" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: where the configuration lets it listen]' -r
complete -c ringback -n "__fish_ringback_using_subcommand version" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: likewise]' -r
complete -c ringback -n "__fish_ringback_using_subcommand version" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand version" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand version" -l ca -d 'A PEM file with the certificates to trust for https, in place of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand version" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand version" -s h -l help -d 'Print help'
