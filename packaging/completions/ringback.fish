# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_ringback_global_optspecs
    string join \n V/version json color= config= data-dir= url= admin-url= token= token-file= ca= account= h/help
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

complete -c ringback -n "__fish_ringback_needs_command" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_needs_command" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_needs_command" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_needs_command" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_needs_command" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_needs_command" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_needs_command" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_needs_command" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_needs_command" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_needs_command" -s V -l version -d 'Print the version'
complete -c ringback -n "__fish_ringback_needs_command" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "serve" -d 'Run the daemon'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "demo" -d 'Run a demonstration on this machine: send, fail, crash, recover and verify'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "check" -d 'Check the configuration without starting anything'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "reload" -d 'Reload the daemon\'s configuration and print what changed'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "status" -d 'Show the daemon\'s status'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "event" -d 'Send, list and replay events'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "webhook" -d 'Manage webhooks'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "delivery" -d 'List, show, retry and cancel deliveries'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "replay" -d 'Send past deliveries again, after printing how many match'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "apply" -d 'Make accounts, secrets, event types and webhooks what files say they are'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "tail" -d 'Follow accepted events and attempts as they come'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "listen" -d 'Receive deliveries on this machine, which needs no public address'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "inbox" -d 'Show what arrives at this machine, on a page, and fail as asked'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "trigger" -d 'Send a sample event of a type'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "event-type" -d 'Declare event types, and what their data must look like'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "filter" -d 'Test filters'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "job" -d 'Create, complete and show jobs'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "account" -d 'Manage accounts'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "backup" -d 'Write a consistent copy of the running daemon\'s store to a file, or to - for standard output'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "restore" -d 'Create a store from a backup; the daemon must be stopped'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "compact" -d 'Shrink the store\'s file to what it holds; the daemon must be stopped'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "verify-store" -d 'Check the whole store for damage; the daemon must be stopped'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "export" -d 'Write every row of the running daemon\'s store as a line of JSON; secrets stay sealed'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "import" -d 'Create a store from an export; the daemon must be stopped'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "secret" -d 'Manage secrets that header templates can name'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "signing-key" -d 'Manage the daemon\'s signing keys'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "config" -d 'Show the daemon\'s settings'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "token" -d 'Manage access tokens'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "audit" -d 'List, verify and export the audit log'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "verify" -d 'Check a delivery\'s signature and say why it fails'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "completions" -d 'Print a shell\'s completion script'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "man" -d 'Print a manual page: `ringback man | man -l -`'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "support-bundle" -d 'Collect what is needed to diagnose a problem into one file, without secrets'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "openapi" -d 'Print the description of the API (OpenAPI 3.1)'
complete -c ringback -n "__fish_ringback_needs_command" -f -a "version" -d 'Print the version'
complete -c ringback -n "__fish_ringback_using_subcommand serve" -l listen -d 'The API\'s listen address [default: 127.0.0.1:8420]' -r
complete -c ringback -n "__fish_ringback_using_subcommand serve" -l admin-listen -d 'The admin listener\'s address, or unix:/PATH [default: 127.0.0.1:8421]' -r
complete -c ringback -n "__fish_ringback_using_subcommand serve" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand serve" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand serve" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand serve" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand serve" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand serve" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand serve" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand serve" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand serve" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand serve" -l dev -d 'For a developer\'s machine: let webhooks point at this host, over plain http'
complete -c ringback -n "__fish_ringback_using_subcommand serve" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand demo" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand demo" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand demo" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand demo" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand demo" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand demo" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand demo" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand demo" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand demo" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand demo" -l exit -d 'Exit after the demonstration instead of serving on'
complete -c ringback -n "__fish_ringback_using_subcommand demo" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand check" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand check" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand check" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand check" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand check" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand check" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand check" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand check" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand check" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand check" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand reload" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand reload" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand reload" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand reload" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand reload" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand reload" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand reload" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand reload" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand reload" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand reload" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand reload" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand status" -l timeout -d 'How many seconds to wait' -r
complete -c ringback -n "__fish_ringback_using_subcommand status" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand status" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand status" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand status" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand status" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand status" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand status" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand status" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand status" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand status" -l ready -d 'Only say whether the daemon is ready, or why not; needs no token'
complete -c ringback -n "__fish_ringback_using_subcommand status" -l wait -d 'Wait until the daemon is ready'
complete -c ringback -n "__fish_ringback_using_subcommand status" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand event; and not __fish_seen_subcommand_from send show list ls replay" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand event; and not __fish_seen_subcommand_from send show list ls replay" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event; and not __fish_seen_subcommand_from send show list ls replay" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event; and not __fish_seen_subcommand_from send show list ls replay" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and not __fish_seen_subcommand_from send show list ls replay" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and not __fish_seen_subcommand_from send show list ls replay" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and not __fish_seen_subcommand_from send show list ls replay" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event; and not __fish_seen_subcommand_from send show list ls replay" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event; and not __fish_seen_subcommand_from send show list ls replay" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and not __fish_seen_subcommand_from send show list ls replay" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand event; and not __fish_seen_subcommand_from send show list ls replay" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand event; and not __fish_seen_subcommand_from send show list ls replay" -f -a "send" -d 'Send one event'
complete -c ringback -n "__fish_ringback_using_subcommand event; and not __fish_seen_subcommand_from send show list ls replay" -f -a "show" -d 'Show an event and its deliveries'
complete -c ringback -n "__fish_ringback_using_subcommand event; and not __fish_seen_subcommand_from send show list ls replay" -f -a "list" -d 'List events, newest first'
complete -c ringback -n "__fish_ringback_using_subcommand event; and not __fish_seen_subcommand_from send show list ls replay" -f -a "ls" -d 'List events, newest first'
complete -c ringback -n "__fish_ringback_using_subcommand event; and not __fish_seen_subcommand_from send show list ls replay" -f -a "replay" -d 'Send events again: the given ones to the webhooks that missed them, or matching deliveries (like `replay`)'
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from send" -l type -d 'The event\'s type, such as order.paid' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from send" -l data -d 'The event\'s data as JSON: inline, `@FILE`, or `-` for standard input' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from send" -l id -d 'Your own id for the event; the same id is accepted only once' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from send" -l occurred-at -d 'When it happened, such as 2026-05-01T12:34:56Z' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from send" -l order-key -d 'Events with the same key keep their order at webhooks with --ordering key' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from send" -l metadata -d 'Your own labels, as a JSON object' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from send" -l idempotency-key -d 'A key that makes it safe to repeat the request' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from send" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from send" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from send" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from send" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from send" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from send" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from send" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from send" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from send" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from send" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from send" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from show" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from show" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from show" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from show" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from show" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from show" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from show" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from show" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from show" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from show" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from list" -l type -d 'Only events of this type or pattern, such as order.*' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from list" -l since -d 'Only events accepted at or after this time' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from list" -l until -d 'Only events accepted before this time' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from list" -l limit -d 'The maximum number to list' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from list" -l cursor -d 'Continue where an earlier page ended' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from list" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from list" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from list" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from list" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from list" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from list" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from list" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from list" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from list" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from list" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from ls" -l type -d 'Only events of this type or pattern, such as order.*' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from ls" -l since -d 'Only events accepted at or after this time' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from ls" -l until -d 'Only events accepted before this time' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from ls" -l limit -d 'The maximum number to list' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from ls" -l cursor -d 'Continue where an earlier page ended' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from ls" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from ls" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from ls" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from ls" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from ls" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from ls" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from ls" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from ls" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from ls" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from ls" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from replay" -l state -d 'Only this state: pending, delivered, failed or cancelled; for replays also skipped, with --webhook' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from replay" -l webhook -d 'Only deliveries to this webhook' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from replay" -l type -l event-type -d 'Only events of this type or pattern, such as order.*' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from replay" -l since -d 'Only events accepted at or after this time' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from replay" -l until -d 'Only events accepted before this time' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from replay" -l error -d 'Only deliveries whose last attempt failed with this error, such as timeout_total or status' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from replay" -l event -d 'Only deliveries of this event' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from replay" -l source-id -d 'Only deliveries of events with this id of the producer\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from replay" -l metadata -d 'Only deliveries of events whose metadata has a member of this name and value' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from replay" -l rate -d 'The maximum number of deliveries per second' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from replay" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from replay" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from replay" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from replay" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from replay" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from replay" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from replay" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from replay" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from replay" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from replay" -l all -d 'To all matching webhooks, including those that received them'
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from replay" -l dry-run -d 'Only count them'
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from replay" -l wait -d 'Wait until the replay has finished'
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from replay" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand event; and __fish_seen_subcommand_from replay" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and not __fish_seen_subcommand_from add create list ls show edit update pause resume test stats secret rotate rm delete remove" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and not __fish_seen_subcommand_from add create list ls show edit update pause resume test stats secret rotate rm delete remove" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and not __fish_seen_subcommand_from add create list ls show edit update pause resume test stats secret rotate rm delete remove" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and not __fish_seen_subcommand_from add create list ls show edit update pause resume test stats secret rotate rm delete remove" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and not __fish_seen_subcommand_from add create list ls show edit update pause resume test stats secret rotate rm delete remove" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and not __fish_seen_subcommand_from add create list ls show edit update pause resume test stats secret rotate rm delete remove" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and not __fish_seen_subcommand_from add create list ls show edit update pause resume test stats secret rotate rm delete remove" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and not __fish_seen_subcommand_from add create list ls show edit update pause resume test stats secret rotate rm delete remove" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and not __fish_seen_subcommand_from add create list ls show edit update pause resume test stats secret rotate rm delete remove" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and not __fish_seen_subcommand_from add create list ls show edit update pause resume test stats secret rotate rm delete remove" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and not __fish_seen_subcommand_from add create list ls show edit update pause resume test stats secret rotate rm delete remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and not __fish_seen_subcommand_from add create list ls show edit update pause resume test stats secret rotate rm delete remove" -f -a "add" -d 'Add a webhook and print its secret once'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and not __fish_seen_subcommand_from add create list ls show edit update pause resume test stats secret rotate rm delete remove" -f -a "create" -d 'Add a webhook and print its secret once'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and not __fish_seen_subcommand_from add create list ls show edit update pause resume test stats secret rotate rm delete remove" -f -a "list" -d 'List webhooks'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and not __fish_seen_subcommand_from add create list ls show edit update pause resume test stats secret rotate rm delete remove" -f -a "ls" -d 'List webhooks'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and not __fish_seen_subcommand_from add create list ls show edit update pause resume test stats secret rotate rm delete remove" -f -a "show" -d 'Show a webhook'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and not __fish_seen_subcommand_from add create list ls show edit update pause resume test stats secret rotate rm delete remove" -f -a "edit" -d 'Change a webhook\'s settings'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and not __fish_seen_subcommand_from add create list ls show edit update pause resume test stats secret rotate rm delete remove" -f -a "update" -d 'Change a webhook\'s settings'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and not __fish_seen_subcommand_from add create list ls show edit update pause resume test stats secret rotate rm delete remove" -f -a "pause" -d 'Stop sending to webhooks; their events are kept until they are resumed'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and not __fish_seen_subcommand_from add create list ls show edit update pause resume test stats secret rotate rm delete remove" -f -a "resume" -d 'Send to paused or disabled webhooks again'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and not __fish_seen_subcommand_from add create list ls show edit update pause resume test stats secret rotate rm delete remove" -f -a "test" -d 'Send a test event to a webhook'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and not __fish_seen_subcommand_from add create list ls show edit update pause resume test stats secret rotate rm delete remove" -f -a "stats" -d 'Show how a webhook\'s receiver has been doing'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and not __fish_seen_subcommand_from add create list ls show edit update pause resume test stats secret rotate rm delete remove" -f -a "secret" -d 'Show a webhook\'s secret'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and not __fish_seen_subcommand_from add create list ls show edit update pause resume test stats secret rotate rm delete remove" -f -a "rotate" -d 'Rotate a webhook\'s secret; the old one also signs for a while'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and not __fish_seen_subcommand_from add create list ls show edit update pause resume test stats secret rotate rm delete remove" -f -a "rm" -d 'Remove webhooks'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and not __fish_seen_subcommand_from add create list ls show edit update pause resume test stats secret rotate rm delete remove" -f -a "delete" -d 'Remove webhooks'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and not __fish_seen_subcommand_from add create list ls show edit update pause resume test stats secret rotate rm delete remove" -f -a "remove" -d 'Remove webhooks'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l name -d 'What you call it, such as "CRM sync"; commands take it in place of the id' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l events -d 'The event types to deliver, such as order.* (repeat it, or separate with commas)' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l profile -d 'The profile: how to render, sign and retry' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l description -d 'A description' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l header -d 'A header to send, as `Name: value` (may be repeated)' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l filter -d 'A filter on the event\'s data: an object as JSON (or `@FILE`), or a JSONPath query' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l max-in-flight -d 'The maximum number of attempts in flight' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l rate -d 'The maximum number of attempts per second' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l burst -d 'Attempts that may start at once, with --rate' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l batch-max -d 'Send up to this many events in one request' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l batch-wait -d 'How long events wait for others of their batch, such as 500ms' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l collect -d 'Whether events are kept while the webhook is paused or disabled: true or false' -r -f -a "true\t''
false\t''"
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l expires-at -d 'Send nothing after this time' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l metadata -d 'Your own labels, as a JSON object (or `@FILE`)' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l tls-ca -d 'Trust only the certificates in this PEM file ("" sets it back)' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l client-cert -d 'A PEM file with the certificate to show to receivers that demand one ("" removes it)' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l client-key -d 'A PEM file with its private key' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l insecure -d 'Accept any certificate (--insecure=false ends it); only where the operator allows it' -r -f -a "true\t''
false\t''"
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l secret -d 'The signing secret; generated by default' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l ordering -d 'Whether deliveries are ordered: none, webhook or key' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from create" -l name -d 'What you call it, such as "CRM sync"; commands take it in place of the id' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from create" -l events -d 'The event types to deliver, such as order.* (repeat it, or separate with commas)' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from create" -l profile -d 'The profile: how to render, sign and retry' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from create" -l description -d 'A description' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from create" -l header -d 'A header to send, as `Name: value` (may be repeated)' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from create" -l filter -d 'A filter on the event\'s data: an object as JSON (or `@FILE`), or a JSONPath query' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from create" -l max-in-flight -d 'The maximum number of attempts in flight' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from create" -l rate -d 'The maximum number of attempts per second' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from create" -l burst -d 'Attempts that may start at once, with --rate' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from create" -l batch-max -d 'Send up to this many events in one request' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from create" -l batch-wait -d 'How long events wait for others of their batch, such as 500ms' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from create" -l collect -d 'Whether events are kept while the webhook is paused or disabled: true or false' -r -f -a "true\t''
false\t''"
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from create" -l expires-at -d 'Send nothing after this time' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from create" -l metadata -d 'Your own labels, as a JSON object (or `@FILE`)' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from create" -l tls-ca -d 'Trust only the certificates in this PEM file ("" sets it back)' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from create" -l client-cert -d 'A PEM file with the certificate to show to receivers that demand one ("" removes it)' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from create" -l client-key -d 'A PEM file with its private key' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from create" -l insecure -d 'Accept any certificate (--insecure=false ends it); only where the operator allows it' -r -f -a "true\t''
false\t''"
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from create" -l secret -d 'The signing secret; generated by default' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from create" -l ordering -d 'Whether deliveries are ordered: none, webhook or key' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from create" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from create" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from create" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from create" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from create" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from create" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from create" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from create" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from create" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from create" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from list" -l state -d 'Only this state: pending, active, paused, disabled or expired' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from list" -l limit -d 'The maximum number to list' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from list" -l cursor -d 'Continue where an earlier page ended' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from list" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from list" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from list" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from list" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from list" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from list" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from list" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from list" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from list" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from list" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from ls" -l state -d 'Only this state: pending, active, paused, disabled or expired' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from ls" -l limit -d 'The maximum number to list' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from ls" -l cursor -d 'Continue where an earlier page ended' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from ls" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from ls" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from ls" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from ls" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from ls" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from ls" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from ls" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from ls" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from ls" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from ls" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from show" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from show" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from show" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from show" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from show" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from show" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from show" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from show" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from show" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from show" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from edit" -l name -d 'What you call it, such as "CRM sync"; commands take it in place of the id' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from edit" -l events -d 'The event types to deliver, such as order.* (repeat it, or separate with commas)' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from edit" -l profile -d 'The profile: how to render, sign and retry' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from edit" -l description -d 'A description' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from edit" -l header -d 'A header to send, as `Name: value` (may be repeated)' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from edit" -l filter -d 'A filter on the event\'s data: an object as JSON (or `@FILE`), or a JSONPath query' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from edit" -l max-in-flight -d 'The maximum number of attempts in flight' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from edit" -l rate -d 'The maximum number of attempts per second' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from edit" -l burst -d 'Attempts that may start at once, with --rate' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from edit" -l batch-max -d 'Send up to this many events in one request' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from edit" -l batch-wait -d 'How long events wait for others of their batch, such as 500ms' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from edit" -l collect -d 'Whether events are kept while the webhook is paused or disabled: true or false' -r -f -a "true\t''
false\t''"
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from edit" -l expires-at -d 'Send nothing after this time' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from edit" -l metadata -d 'Your own labels, as a JSON object (or `@FILE`)' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from edit" -l tls-ca -d 'Trust only the certificates in this PEM file ("" sets it back)' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from edit" -l client-cert -d 'A PEM file with the certificate to show to receivers that demand one ("" removes it)' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from edit" -l client-key -d 'A PEM file with its private key' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from edit" -l insecure -d 'Accept any certificate (--insecure=false ends it); only where the operator allows it' -r -f -a "true\t''
false\t''"
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from edit" -l clear -d 'Settings to set back to their default, such as filter,rate_limit' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from edit" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from edit" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from edit" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from edit" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from edit" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from edit" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from edit" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from edit" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from edit" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from edit" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from edit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from update" -l name -d 'What you call it, such as "CRM sync"; commands take it in place of the id' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from update" -l events -d 'The event types to deliver, such as order.* (repeat it, or separate with commas)' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from update" -l profile -d 'The profile: how to render, sign and retry' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from update" -l description -d 'A description' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from update" -l header -d 'A header to send, as `Name: value` (may be repeated)' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from update" -l filter -d 'A filter on the event\'s data: an object as JSON (or `@FILE`), or a JSONPath query' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from update" -l max-in-flight -d 'The maximum number of attempts in flight' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from update" -l rate -d 'The maximum number of attempts per second' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from update" -l burst -d 'Attempts that may start at once, with --rate' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from update" -l batch-max -d 'Send up to this many events in one request' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from update" -l batch-wait -d 'How long events wait for others of their batch, such as 500ms' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from update" -l collect -d 'Whether events are kept while the webhook is paused or disabled: true or false' -r -f -a "true\t''
false\t''"
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from update" -l expires-at -d 'Send nothing after this time' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from update" -l metadata -d 'Your own labels, as a JSON object (or `@FILE`)' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from update" -l tls-ca -d 'Trust only the certificates in this PEM file ("" sets it back)' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from update" -l client-cert -d 'A PEM file with the certificate to show to receivers that demand one ("" removes it)' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from update" -l client-key -d 'A PEM file with its private key' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from update" -l insecure -d 'Accept any certificate (--insecure=false ends it); only where the operator allows it' -r -f -a "true\t''
false\t''"
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from update" -l clear -d 'Settings to set back to their default, such as filter,rate_limit' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from update" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from update" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from update" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from update" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from update" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from update" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from update" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from update" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from update" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from update" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from update" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from pause" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from pause" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from pause" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from pause" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from pause" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from pause" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from pause" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from pause" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from pause" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from pause" -l all -d 'All that are active (pause) or paused (resume), after printing how many'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from pause" -l dry-run -d 'Only print how many'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from pause" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from pause" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from resume" -l backlog -d 'What to do with the events that waited: deliver (the default) or drop' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from resume" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from resume" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from resume" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from resume" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from resume" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from resume" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from resume" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from resume" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from resume" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from resume" -l all -d 'All that are active (pause) or paused (resume), after printing how many'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from resume" -l dry-run -d 'Only print how many'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from resume" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from resume" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from test" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from test" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from test" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from test" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from test" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from test" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from test" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from test" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from test" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from test" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from test" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from stats" -l since -d 'How far to look back, such as 15m, 24h or 7d [default: 24h]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from stats" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from stats" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from stats" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from stats" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from stats" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from stats" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from stats" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from stats" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from stats" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from stats" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from stats" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from secret" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from secret" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from secret" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from secret" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from secret" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from secret" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from secret" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from secret" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from secret" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from secret" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from secret" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from rotate" -l overlap -d 'How long the old secret also signs, such as 24h' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from rotate" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from rotate" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from rotate" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from rotate" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from rotate" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from rotate" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from rotate" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from rotate" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from rotate" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from rotate" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from rotate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from rm" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from rm" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from rm" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from rm" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from rm" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from rm" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from rm" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from rm" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from rm" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from rm" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from rm" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from delete" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from delete" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from delete" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from delete" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from delete" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from delete" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from delete" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from delete" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from delete" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from delete" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from remove" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from remove" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from remove" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from remove" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from remove" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from remove" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from remove" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from remove" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from remove" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from remove" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand webhook; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and not __fish_seen_subcommand_from list ls show retry cancel" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and not __fish_seen_subcommand_from list ls show retry cancel" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and not __fish_seen_subcommand_from list ls show retry cancel" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and not __fish_seen_subcommand_from list ls show retry cancel" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and not __fish_seen_subcommand_from list ls show retry cancel" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and not __fish_seen_subcommand_from list ls show retry cancel" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and not __fish_seen_subcommand_from list ls show retry cancel" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and not __fish_seen_subcommand_from list ls show retry cancel" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and not __fish_seen_subcommand_from list ls show retry cancel" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and not __fish_seen_subcommand_from list ls show retry cancel" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and not __fish_seen_subcommand_from list ls show retry cancel" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and not __fish_seen_subcommand_from list ls show retry cancel" -f -a "list" -d 'List deliveries, newest first'
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and not __fish_seen_subcommand_from list ls show retry cancel" -f -a "ls" -d 'List deliveries, newest first'
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and not __fish_seen_subcommand_from list ls show retry cancel" -f -a "show" -d 'Show a delivery and its attempts'
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and not __fish_seen_subcommand_from list ls show retry cancel" -f -a "retry" -d 'Try deliveries again now'
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and not __fish_seen_subcommand_from list ls show retry cancel" -f -a "cancel" -d 'Give up pending deliveries'
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from list" -l state -d 'Only this state: pending, delivered, failed or cancelled; for replays also skipped, with --webhook' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from list" -l webhook -d 'Only deliveries to this webhook' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from list" -l type -l event-type -d 'Only events of this type or pattern, such as order.*' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from list" -l since -d 'Only events accepted at or after this time' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from list" -l until -d 'Only events accepted before this time' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from list" -l error -d 'Only deliveries whose last attempt failed with this error, such as timeout_total or status' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from list" -l event -d 'Only deliveries of this event' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from list" -l source-id -d 'Only deliveries of events with this id of the producer\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from list" -l metadata -d 'Only deliveries of events whose metadata has a member of this name and value' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from list" -l limit -d 'The maximum number to list' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from list" -l cursor -d 'Continue where an earlier page ended' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from list" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from list" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from list" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from list" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from list" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from list" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from list" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from list" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from list" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from list" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from ls" -l state -d 'Only this state: pending, delivered, failed or cancelled; for replays also skipped, with --webhook' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from ls" -l webhook -d 'Only deliveries to this webhook' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from ls" -l type -l event-type -d 'Only events of this type or pattern, such as order.*' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from ls" -l since -d 'Only events accepted at or after this time' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from ls" -l until -d 'Only events accepted before this time' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from ls" -l error -d 'Only deliveries whose last attempt failed with this error, such as timeout_total or status' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from ls" -l event -d 'Only deliveries of this event' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from ls" -l source-id -d 'Only deliveries of events with this id of the producer\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from ls" -l metadata -d 'Only deliveries of events whose metadata has a member of this name and value' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from ls" -l limit -d 'The maximum number to list' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from ls" -l cursor -d 'Continue where an earlier page ended' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from ls" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from ls" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from ls" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from ls" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from ls" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from ls" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from ls" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from ls" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from ls" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from ls" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from show" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from show" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from show" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from show" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from show" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from show" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from show" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from show" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from show" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from show" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from retry" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from retry" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from retry" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from retry" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from retry" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from retry" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from retry" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from retry" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from retry" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from retry" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from retry" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from cancel" -l webhook -d 'Only deliveries to this webhook' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from cancel" -l type -d 'Only events of this type or pattern, such as order.*' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from cancel" -l since -d 'Only events accepted at or after this time' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from cancel" -l until -d 'Only events accepted before this time' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from cancel" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from cancel" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from cancel" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from cancel" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from cancel" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from cancel" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from cancel" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from cancel" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from cancel" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from cancel" -l all -d 'All pending ones that match the filters below, after printing how many'
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from cancel" -l dry-run -d 'Only print how many match'
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from cancel" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand delivery; and __fish_seen_subcommand_from cancel" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list ls show cancel" -l state -d 'Only this state: pending, delivered, failed or cancelled; for replays also skipped, with --webhook' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list ls show cancel" -l webhook -d 'Only deliveries to this webhook' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list ls show cancel" -l type -l event-type -d 'Only events of this type or pattern, such as order.*' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list ls show cancel" -l since -d 'Only events accepted at or after this time' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list ls show cancel" -l until -d 'Only events accepted before this time' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list ls show cancel" -l error -d 'Only deliveries whose last attempt failed with this error, such as timeout_total or status' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list ls show cancel" -l event -d 'Only deliveries of this event' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list ls show cancel" -l source-id -d 'Only deliveries of events with this id of the producer\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list ls show cancel" -l metadata -d 'Only deliveries of events whose metadata has a member of this name and value' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list ls show cancel" -l rate -d 'The maximum number of deliveries per second' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list ls show cancel" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list ls show cancel" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list ls show cancel" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list ls show cancel" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list ls show cancel" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list ls show cancel" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list ls show cancel" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list ls show cancel" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list ls show cancel" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list ls show cancel" -l dry-run -d 'Only count them'
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list ls show cancel" -l wait -d 'Wait until the replay has finished'
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list ls show cancel" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list ls show cancel" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list ls show cancel" -f -a "list" -d 'List replays, newest first'
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list ls show cancel" -f -a "ls" -d 'List replays, newest first'
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list ls show cancel" -f -a "show" -d 'Show a replay and its progress'
complete -c ringback -n "__fish_ringback_using_subcommand replay; and not __fish_seen_subcommand_from list ls show cancel" -f -a "cancel" -d 'Stop a replay; what it has sent stays sent'
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from list" -l limit -d 'The maximum number to list' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from list" -l cursor -d 'Continue where an earlier page ended' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from list" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from list" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from list" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from list" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from list" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from list" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from list" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from list" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from list" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from list" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from ls" -l limit -d 'The maximum number to list' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from ls" -l cursor -d 'Continue where an earlier page ended' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from ls" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from ls" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from ls" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from ls" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from ls" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from ls" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from ls" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from ls" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from ls" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from ls" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from show" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from show" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from show" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from show" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from show" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from show" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from show" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from show" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from show" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from show" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from cancel" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from cancel" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from cancel" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from cancel" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from cancel" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from cancel" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from cancel" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from cancel" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from cancel" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from cancel" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand replay; and __fish_seen_subcommand_from cancel" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand apply" -l set -d 'The name of what these files declare together; sets do not touch each other\'s things' -r
complete -c ringback -n "__fish_ringback_using_subcommand apply" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand apply" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand apply" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand apply" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand apply" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand apply" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand apply" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand apply" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand apply" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand apply" -l dry-run -d 'Only print what would change'
complete -c ringback -n "__fish_ringback_using_subcommand apply" -l prune -d 'Remove webhooks and event types of this set that the files no longer declare'
complete -c ringback -n "__fish_ringback_using_subcommand apply" -l adopt -d 'Take over things of the same name that were made otherwise'
complete -c ringback -n "__fish_ringback_using_subcommand apply" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand apply" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand tail" -l webhook -d 'Only events to this webhook, and its attempts' -r
complete -c ringback -n "__fish_ringback_using_subcommand tail" -l type -d 'Only events of this type or pattern, such as order.*, and their attempts' -r
complete -c ringback -n "__fish_ringback_using_subcommand tail" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand tail" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand tail" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand tail" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand tail" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand tail" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand tail" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand tail" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand tail" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand tail" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand tail" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand listen" -l forward-to -d 'Where deliveries go: a server on this machine, such as http://localhost:3000/hook' -r
complete -c ringback -n "__fish_ringback_using_subcommand listen" -l events -d 'The event types: names, or patterns such as order.* [default: all, or the profile\'s]' -r
complete -c ringback -n "__fish_ringback_using_subcommand listen" -l profile -d 'The profile: how to render, sign and retry' -r
complete -c ringback -n "__fish_ringback_using_subcommand listen" -l secret -d 'The secret to sign with: whsec_… (`-` and `@FILE` are read) [default: one that the daemon makes]' -r
complete -c ringback -n "__fish_ringback_using_subcommand listen" -l max-away -d 'End after the daemon was away for this long' -r
complete -c ringback -n "__fish_ringback_using_subcommand listen" -l keep -d 'The name under which the webhook, its secret and what waits for it are kept [default: user, host and target]' -r
complete -c ringback -n "__fish_ringback_using_subcommand listen" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand listen" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand listen" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand listen" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand listen" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand listen" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand listen" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand listen" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand listen" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand listen" -l allow-external -d 'Permit a server on another machine'
complete -c ringback -n "__fish_ringback_using_subcommand listen" -l print-secret -d 'Print the secret that verifies the deliveries'
complete -c ringback -n "__fish_ringback_using_subcommand listen" -l no-keep -d 'End the webhook, and what waits for it, with this command'
complete -c ringback -n "__fish_ringback_using_subcommand listen" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand listen" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand inbox" -l listen -d 'Where it listens, and has its page' -r
complete -c ringback -n "__fish_ringback_using_subcommand inbox" -l fail-first -d 'Answer so many requests with 503, or --status, and the others with 200' -r
complete -c ringback -n "__fish_ringback_using_subcommand inbox" -l status -d 'The status to answer with' -r
complete -c ringback -n "__fish_ringback_using_subcommand inbox" -l delay -d 'Answer after this time' -r
complete -c ringback -n "__fish_ringback_using_subcommand inbox" -l events -d 'The event types: names, or patterns such as order.* [default: all, or the profile\'s]' -r
complete -c ringback -n "__fish_ringback_using_subcommand inbox" -l profile -d 'The profile: how to render, sign and retry' -r
complete -c ringback -n "__fish_ringback_using_subcommand inbox" -l secret -d 'The secret to sign with: whsec_… (`-` and `@FILE` are read) [default: one that the daemon makes]' -r
complete -c ringback -n "__fish_ringback_using_subcommand inbox" -l max-away -d 'End after the daemon was away for this long' -r
complete -c ringback -n "__fish_ringback_using_subcommand inbox" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand inbox" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand inbox" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand inbox" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand inbox" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand inbox" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand inbox" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand inbox" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand inbox" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand inbox" -l register -d 'Have the daemon send here what happens while this runs, which needs no webhook to this address'
complete -c ringback -n "__fish_ringback_using_subcommand inbox" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand inbox" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand trigger" -l data -d 'The event\'s data as JSON: inline, `@FILE`, or `-` for standard input [default: the declared type\'s example, or one made of its schema, or a small object]' -r
complete -c ringback -n "__fish_ringback_using_subcommand trigger" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand trigger" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand trigger" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand trigger" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand trigger" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand trigger" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand trigger" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand trigger" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand trigger" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand trigger" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand trigger" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and not __fish_seen_subcommand_from list ls show set add create edit rm delete remove" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and not __fish_seen_subcommand_from list ls show set add create edit rm delete remove" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and not __fish_seen_subcommand_from list ls show set add create edit rm delete remove" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and not __fish_seen_subcommand_from list ls show set add create edit rm delete remove" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and not __fish_seen_subcommand_from list ls show set add create edit rm delete remove" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and not __fish_seen_subcommand_from list ls show set add create edit rm delete remove" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and not __fish_seen_subcommand_from list ls show set add create edit rm delete remove" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and not __fish_seen_subcommand_from list ls show set add create edit rm delete remove" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and not __fish_seen_subcommand_from list ls show set add create edit rm delete remove" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and not __fish_seen_subcommand_from list ls show set add create edit rm delete remove" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and not __fish_seen_subcommand_from list ls show set add create edit rm delete remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and not __fish_seen_subcommand_from list ls show set add create edit rm delete remove" -f -a "list" -d 'List declared event types'
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and not __fish_seen_subcommand_from list ls show set add create edit rm delete remove" -f -a "ls" -d 'List declared event types'
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and not __fish_seen_subcommand_from list ls show set add create edit rm delete remove" -f -a "show" -d 'Show an event type'
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and not __fish_seen_subcommand_from list ls show set add create edit rm delete remove" -f -a "set" -d 'Declare an event type, or change it'
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and not __fish_seen_subcommand_from list ls show set add create edit rm delete remove" -f -a "add" -d 'Declare an event type, or change it'
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and not __fish_seen_subcommand_from list ls show set add create edit rm delete remove" -f -a "create" -d 'Declare an event type, or change it'
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and not __fish_seen_subcommand_from list ls show set add create edit rm delete remove" -f -a "edit" -d 'Declare an event type, or change it'
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and not __fish_seen_subcommand_from list ls show set add create edit rm delete remove" -f -a "rm" -d 'Remove event types; their events are accepted without a check from then on'
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and not __fish_seen_subcommand_from list ls show set add create edit rm delete remove" -f -a "delete" -d 'Remove event types; their events are accepted without a check from then on'
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and not __fish_seen_subcommand_from list ls show set add create edit rm delete remove" -f -a "remove" -d 'Remove event types; their events are accepted without a check from then on'
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from list" -l limit -d 'The maximum number to list' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from list" -l cursor -d 'Continue where an earlier page ended' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from list" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from list" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from list" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from list" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from list" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from list" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from list" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from list" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from list" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from list" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from ls" -l limit -d 'The maximum number to list' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from ls" -l cursor -d 'Continue where an earlier page ended' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from ls" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from ls" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from ls" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from ls" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from ls" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from ls" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from ls" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from ls" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from ls" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from ls" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from show" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from show" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from show" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from show" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from show" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from show" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from show" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from show" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from show" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from show" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from set" -l description -d 'A description' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from set" -l schema -d 'The JSON Schema that data must match: inline, `@FILE`, or `-` for standard input' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from set" -l example -d 'An example of the data, which test events use: inline, `@FILE`, or `-`' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from set" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from set" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from set" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from set" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from set" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from set" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from set" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from set" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from set" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from set" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from add" -l description -d 'A description' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from add" -l schema -d 'The JSON Schema that data must match: inline, `@FILE`, or `-` for standard input' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from add" -l example -d 'An example of the data, which test events use: inline, `@FILE`, or `-`' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from add" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from add" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from add" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from add" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from add" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from add" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from add" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from add" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from add" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from add" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from create" -l description -d 'A description' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from create" -l schema -d 'The JSON Schema that data must match: inline, `@FILE`, or `-` for standard input' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from create" -l example -d 'An example of the data, which test events use: inline, `@FILE`, or `-`' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from create" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from create" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from create" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from create" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from create" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from create" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from create" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from create" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from create" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from create" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from edit" -l description -d 'A description' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from edit" -l schema -d 'The JSON Schema that data must match: inline, `@FILE`, or `-` for standard input' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from edit" -l example -d 'An example of the data, which test events use: inline, `@FILE`, or `-`' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from edit" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from edit" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from edit" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from edit" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from edit" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from edit" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from edit" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from edit" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from edit" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from edit" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from edit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from rm" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from rm" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from rm" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from rm" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from rm" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from rm" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from rm" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from rm" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from rm" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from rm" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from rm" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from delete" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from delete" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from delete" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from delete" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from delete" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from delete" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from delete" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from delete" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from delete" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from delete" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from remove" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from remove" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from remove" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from remove" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from remove" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from remove" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from remove" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from remove" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from remove" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from remove" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand event-type; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand filter; and not __fish_seen_subcommand_from test" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand filter; and not __fish_seen_subcommand_from test" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand filter; and not __fish_seen_subcommand_from test" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand filter; and not __fish_seen_subcommand_from test" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand filter; and not __fish_seen_subcommand_from test" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand filter; and not __fish_seen_subcommand_from test" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand filter; and not __fish_seen_subcommand_from test" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand filter; and not __fish_seen_subcommand_from test" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand filter; and not __fish_seen_subcommand_from test" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand filter; and not __fish_seen_subcommand_from test" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand filter; and not __fish_seen_subcommand_from test" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand filter; and not __fish_seen_subcommand_from test" -f -a "test" -d 'Say whether data passes a filter; the exit status is 1 if it does not'
complete -c ringback -n "__fish_ringback_using_subcommand filter; and __fish_seen_subcommand_from test" -l filter -d 'The filter: an object as JSON, or a JSONPath query' -r
complete -c ringback -n "__fish_ringback_using_subcommand filter; and __fish_seen_subcommand_from test" -l data -d 'The event\'s data as JSON: inline, `@FILE`, or `-` for standard input' -r
complete -c ringback -n "__fish_ringback_using_subcommand filter; and __fish_seen_subcommand_from test" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand filter; and __fish_seen_subcommand_from test" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand filter; and __fish_seen_subcommand_from test" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand filter; and __fish_seen_subcommand_from test" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand filter; and __fish_seen_subcommand_from test" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand filter; and __fish_seen_subcommand_from test" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand filter; and __fish_seen_subcommand_from test" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand filter; and __fish_seen_subcommand_from test" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand filter; and __fish_seen_subcommand_from test" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand filter; and __fish_seen_subcommand_from test" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand filter; and __fish_seen_subcommand_from test" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand job; and not __fish_seen_subcommand_from create add list ls show start complete abort cancel results" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand job; and not __fish_seen_subcommand_from create add list ls show start complete abort cancel results" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and not __fish_seen_subcommand_from create add list ls show start complete abort cancel results" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and not __fish_seen_subcommand_from create add list ls show start complete abort cancel results" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and not __fish_seen_subcommand_from create add list ls show start complete abort cancel results" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and not __fish_seen_subcommand_from create add list ls show start complete abort cancel results" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and not __fish_seen_subcommand_from create add list ls show start complete abort cancel results" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and not __fish_seen_subcommand_from create add list ls show start complete abort cancel results" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and not __fish_seen_subcommand_from create add list ls show start complete abort cancel results" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and not __fish_seen_subcommand_from create add list ls show start complete abort cancel results" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand job; and not __fish_seen_subcommand_from create add list ls show start complete abort cancel results" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand job; and not __fish_seen_subcommand_from create add list ls show start complete abort cancel results" -f -a "create" -d 'Create a job, and print its completion token once'
complete -c ringback -n "__fish_ringback_using_subcommand job; and not __fish_seen_subcommand_from create add list ls show start complete abort cancel results" -f -a "add" -d 'Create a job, and print its completion token once'
complete -c ringback -n "__fish_ringback_using_subcommand job; and not __fish_seen_subcommand_from create add list ls show start complete abort cancel results" -f -a "list" -d 'List jobs, newest first'
complete -c ringback -n "__fish_ringback_using_subcommand job; and not __fish_seen_subcommand_from create add list ls show start complete abort cancel results" -f -a "ls" -d 'List jobs, newest first'
complete -c ringback -n "__fish_ringback_using_subcommand job; and not __fish_seen_subcommand_from create add list ls show start complete abort cancel results" -f -a "show" -d 'Show a job'
complete -c ringback -n "__fish_ringback_using_subcommand job; and not __fish_seen_subcommand_from create add list ls show start complete abort cancel results" -f -a "start" -d 'Say that work on a job has begun'
complete -c ringback -n "__fish_ringback_using_subcommand job; and not __fish_seen_subcommand_from create add list ls show start complete abort cancel results" -f -a "complete" -d 'Say that a job is done, or has failed'
complete -c ringback -n "__fish_ringback_using_subcommand job; and not __fish_seen_subcommand_from create add list ls show start complete abort cancel results" -f -a "abort" -d 'Abort jobs'
complete -c ringback -n "__fish_ringback_using_subcommand job; and not __fish_seen_subcommand_from create add list ls show start complete abort cancel results" -f -a "cancel" -d 'Abort jobs'
complete -c ringback -n "__fish_ringback_using_subcommand job; and not __fish_seen_subcommand_from create add list ls show start complete abort cancel results" -f -a "results" -d 'Print a job\'s result rows as lines of JSON'
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from create" -l type -d 'The type of work, such as report.build' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from create" -l input -d 'The input as JSON: inline, `@FILE`, or `-` for standard input' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from create" -l timeout -d 'How long it may take, such as 30m' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from create" -l callback-url -d 'Gets one signed event when the job ends' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from create" -l metadata -d 'Your own labels, as a JSON object' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from create" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from create" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from create" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from create" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from create" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from create" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from create" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from create" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from create" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from create" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from add" -l type -d 'The type of work, such as report.build' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from add" -l input -d 'The input as JSON: inline, `@FILE`, or `-` for standard input' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from add" -l timeout -d 'How long it may take, such as 30m' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from add" -l callback-url -d 'Gets one signed event when the job ends' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from add" -l metadata -d 'Your own labels, as a JSON object' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from add" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from add" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from add" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from add" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from add" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from add" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from add" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from add" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from add" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from add" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from list" -l status -d 'Only this status: queued, running, succeeded, failed, timed_out or aborted' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from list" -l type -d 'Only jobs of this type or pattern, such as report.*' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from list" -l since -d 'Only jobs created at or after this time' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from list" -l limit -d 'The maximum number to list' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from list" -l cursor -d 'Continue where an earlier page ended' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from list" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from list" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from list" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from list" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from list" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from list" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from list" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from list" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from list" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from list" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from ls" -l status -d 'Only this status: queued, running, succeeded, failed, timed_out or aborted' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from ls" -l type -d 'Only jobs of this type or pattern, such as report.*' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from ls" -l since -d 'Only jobs created at or after this time' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from ls" -l limit -d 'The maximum number to list' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from ls" -l cursor -d 'Continue where an earlier page ended' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from ls" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from ls" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from ls" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from ls" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from ls" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from ls" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from ls" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from ls" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from ls" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from ls" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from show" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from show" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from show" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from show" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from show" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from show" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from show" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from show" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from show" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from show" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from start" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from start" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from start" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from start" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from start" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from start" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from start" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from start" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from start" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from start" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from start" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from complete" -l error -d 'What went wrong, as JSON: inline, `@FILE`, or `-` for standard input' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from complete" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from complete" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from complete" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from complete" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from complete" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from complete" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from complete" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from complete" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from complete" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from complete" -l failed -d 'It failed'
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from complete" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from complete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from abort" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from abort" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from abort" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from abort" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from abort" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from abort" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from abort" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from abort" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from abort" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from abort" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from abort" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from cancel" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from cancel" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from cancel" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from cancel" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from cancel" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from cancel" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from cancel" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from cancel" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from cancel" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from cancel" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from cancel" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from results" -l offset -d 'Begin after this many rows' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from results" -l limit -d 'The maximum number of rows [default: all]' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from results" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from results" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from results" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from results" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from results" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from results" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from results" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from results" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from results" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from results" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand job; and __fish_seen_subcommand_from results" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand account; and not __fish_seen_subcommand_from create add show list ls" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand account; and not __fish_seen_subcommand_from create add show list ls" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand account; and not __fish_seen_subcommand_from create add show list ls" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand account; and not __fish_seen_subcommand_from create add show list ls" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand account; and not __fish_seen_subcommand_from create add show list ls" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand account; and not __fish_seen_subcommand_from create add show list ls" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand account; and not __fish_seen_subcommand_from create add show list ls" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand account; and not __fish_seen_subcommand_from create add show list ls" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand account; and not __fish_seen_subcommand_from create add show list ls" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand account; and not __fish_seen_subcommand_from create add show list ls" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand account; and not __fish_seen_subcommand_from create add show list ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand account; and not __fish_seen_subcommand_from create add show list ls" -f -a "create" -d 'Create an account'
complete -c ringback -n "__fish_ringback_using_subcommand account; and not __fish_seen_subcommand_from create add show list ls" -f -a "add" -d 'Create an account'
complete -c ringback -n "__fish_ringback_using_subcommand account; and not __fish_seen_subcommand_from create add show list ls" -f -a "show" -d 'Show an account and what it holds'
complete -c ringback -n "__fish_ringback_using_subcommand account; and not __fish_seen_subcommand_from create add show list ls" -f -a "list" -d 'List accounts'
complete -c ringback -n "__fish_ringback_using_subcommand account; and not __fish_seen_subcommand_from create add show list ls" -f -a "ls" -d 'List accounts'
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from create" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from create" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from create" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from create" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from create" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from create" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from create" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from create" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from create" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from create" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from add" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from add" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from add" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from add" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from add" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from add" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from add" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from add" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from add" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from add" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from show" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from show" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from show" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from show" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from show" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from show" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from show" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from show" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from show" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from show" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from list" -l limit -d 'The maximum number to list' -r
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from list" -l cursor -d 'Continue where an earlier page ended' -r
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from list" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from list" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from list" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from list" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from list" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from list" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from list" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from list" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from list" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from list" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from ls" -l limit -d 'The maximum number to list' -r
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from ls" -l cursor -d 'Continue where an earlier page ended' -r
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from ls" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from ls" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from ls" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from ls" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from ls" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from ls" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from ls" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from ls" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from ls" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from ls" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand account; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand backup" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand backup" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand backup" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand backup" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand backup" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand backup" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand backup" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand backup" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand backup" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand backup" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand backup" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand restore" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand restore" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand restore" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand restore" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand restore" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand restore" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand restore" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand restore" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand restore" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand restore" -l dry-run -d 'Read the whole file and print what it holds; write nothing'
complete -c ringback -n "__fish_ringback_using_subcommand restore" -l replace -d 'Replace an existing store'
complete -c ringback -n "__fish_ringback_using_subcommand restore" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand restore" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand compact" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand compact" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand compact" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand compact" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand compact" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand compact" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand compact" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand compact" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand compact" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand compact" -l dry-run -d 'Print what the file holds and what would be saved; write nothing'
complete -c ringback -n "__fish_ringback_using_subcommand compact" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand compact" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand verify-store" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand verify-store" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand verify-store" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand verify-store" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand verify-store" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand verify-store" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand verify-store" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand verify-store" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand verify-store" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand verify-store" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand verify-store" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand export" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand export" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand export" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand export" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand export" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand export" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand export" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand export" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand export" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand export" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand import" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand import" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand import" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand import" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand import" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand import" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand import" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand import" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand import" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand import" -l dry-run -d 'Read the whole file and print what would be done; write nothing'
complete -c ringback -n "__fish_ringback_using_subcommand import" -l replace -d 'Replace an existing store'
complete -c ringback -n "__fish_ringback_using_subcommand import" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand secret; and not __fish_seen_subcommand_from set list ls rm delete remove" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand secret; and not __fish_seen_subcommand_from set list ls rm delete remove" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand secret; and not __fish_seen_subcommand_from set list ls rm delete remove" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand secret; and not __fish_seen_subcommand_from set list ls rm delete remove" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and not __fish_seen_subcommand_from set list ls rm delete remove" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and not __fish_seen_subcommand_from set list ls rm delete remove" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and not __fish_seen_subcommand_from set list ls rm delete remove" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand secret; and not __fish_seen_subcommand_from set list ls rm delete remove" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand secret; and not __fish_seen_subcommand_from set list ls rm delete remove" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and not __fish_seen_subcommand_from set list ls rm delete remove" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand secret; and not __fish_seen_subcommand_from set list ls rm delete remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand secret; and not __fish_seen_subcommand_from set list ls rm delete remove" -f -a "set" -d 'Set a secret'
complete -c ringback -n "__fish_ringback_using_subcommand secret; and not __fish_seen_subcommand_from set list ls rm delete remove" -f -a "list" -d 'List secrets by name'
complete -c ringback -n "__fish_ringback_using_subcommand secret; and not __fish_seen_subcommand_from set list ls rm delete remove" -f -a "ls" -d 'List secrets by name'
complete -c ringback -n "__fish_ringback_using_subcommand secret; and not __fish_seen_subcommand_from set list ls rm delete remove" -f -a "rm" -d 'Delete a secret; what names it fails from then on'
complete -c ringback -n "__fish_ringback_using_subcommand secret; and not __fish_seen_subcommand_from set list ls rm delete remove" -f -a "delete" -d 'Delete a secret; what names it fails from then on'
complete -c ringback -n "__fish_ringback_using_subcommand secret; and not __fish_seen_subcommand_from set list ls rm delete remove" -f -a "remove" -d 'Delete a secret; what names it fails from then on'
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from set" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from set" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from set" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from set" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from set" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from set" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from set" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from set" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from set" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from set" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from list" -l limit -d 'The maximum number to list' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from list" -l cursor -d 'Continue where an earlier page ended' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from list" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from list" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from list" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from list" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from list" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from list" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from list" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from list" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from list" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from list" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from ls" -l limit -d 'The maximum number to list' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from ls" -l cursor -d 'Continue where an earlier page ended' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from ls" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from ls" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from ls" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from ls" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from ls" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from ls" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from ls" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from ls" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from ls" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from ls" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from rm" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from rm" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from rm" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from rm" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from rm" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from rm" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from rm" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from rm" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from rm" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from rm" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from rm" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from delete" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from delete" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from delete" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from delete" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from delete" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from delete" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from delete" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from delete" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from delete" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from delete" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from remove" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from remove" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from remove" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from remove" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from remove" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from remove" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from remove" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from remove" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from remove" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from remove" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand secret; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and not __fish_seen_subcommand_from list ls rotate" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and not __fish_seen_subcommand_from list ls rotate" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and not __fish_seen_subcommand_from list ls rotate" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and not __fish_seen_subcommand_from list ls rotate" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and not __fish_seen_subcommand_from list ls rotate" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and not __fish_seen_subcommand_from list ls rotate" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and not __fish_seen_subcommand_from list ls rotate" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and not __fish_seen_subcommand_from list ls rotate" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and not __fish_seen_subcommand_from list ls rotate" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and not __fish_seen_subcommand_from list ls rotate" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and not __fish_seen_subcommand_from list ls rotate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and not __fish_seen_subcommand_from list ls rotate" -f -a "list" -d 'List signing keys, newest first'
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and not __fish_seen_subcommand_from list ls rotate" -f -a "ls" -d 'List signing keys, newest first'
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and not __fish_seen_subcommand_from list ls rotate" -f -a "rotate" -d 'Make new signing keys; they sign once receivers had time to fetch them'
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and __fish_seen_subcommand_from list" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and __fish_seen_subcommand_from list" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and __fish_seen_subcommand_from list" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and __fish_seen_subcommand_from list" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and __fish_seen_subcommand_from list" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and __fish_seen_subcommand_from list" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and __fish_seen_subcommand_from list" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and __fish_seen_subcommand_from list" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and __fish_seen_subcommand_from list" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and __fish_seen_subcommand_from list" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and __fish_seen_subcommand_from ls" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and __fish_seen_subcommand_from ls" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and __fish_seen_subcommand_from ls" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and __fish_seen_subcommand_from ls" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and __fish_seen_subcommand_from ls" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and __fish_seen_subcommand_from ls" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and __fish_seen_subcommand_from ls" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and __fish_seen_subcommand_from ls" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and __fish_seen_subcommand_from ls" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and __fish_seen_subcommand_from ls" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and __fish_seen_subcommand_from rotate" -l algorithm -d 'Only this algorithm: EdDSA or RS256' -r
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and __fish_seen_subcommand_from rotate" -l activate-after -d 'How long until the new key signs, such as 5m' -r
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and __fish_seen_subcommand_from rotate" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and __fish_seen_subcommand_from rotate" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and __fish_seen_subcommand_from rotate" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and __fish_seen_subcommand_from rotate" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and __fish_seen_subcommand_from rotate" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and __fish_seen_subcommand_from rotate" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and __fish_seen_subcommand_from rotate" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and __fish_seen_subcommand_from rotate" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and __fish_seen_subcommand_from rotate" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and __fish_seen_subcommand_from rotate" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand signing-key; and __fish_seen_subcommand_from rotate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand config; and not __fish_seen_subcommand_from show" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand config; and not __fish_seen_subcommand_from show" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand config; and not __fish_seen_subcommand_from show" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand config; and not __fish_seen_subcommand_from show" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand config; and not __fish_seen_subcommand_from show" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand config; and not __fish_seen_subcommand_from show" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand config; and not __fish_seen_subcommand_from show" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand config; and not __fish_seen_subcommand_from show" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand config; and not __fish_seen_subcommand_from show" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand config; and not __fish_seen_subcommand_from show" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand config; and not __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand config; and not __fish_seen_subcommand_from show" -f -a "show" -d 'Show the running daemon\'s settings, and where each comes from'
complete -c ringback -n "__fish_ringback_using_subcommand config; and __fish_seen_subcommand_from show" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand config; and __fish_seen_subcommand_from show" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand config; and __fish_seen_subcommand_from show" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand config; and __fish_seen_subcommand_from show" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand config; and __fish_seen_subcommand_from show" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand config; and __fish_seen_subcommand_from show" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand config; and __fish_seen_subcommand_from show" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand config; and __fish_seen_subcommand_from show" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand config; and __fish_seen_subcommand_from show" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand config; and __fish_seen_subcommand_from show" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand config; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand token; and not __fish_seen_subcommand_from create add list ls revoke rm delete recover" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand token; and not __fish_seen_subcommand_from create add list ls revoke rm delete recover" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and not __fish_seen_subcommand_from create add list ls revoke rm delete recover" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and not __fish_seen_subcommand_from create add list ls revoke rm delete recover" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and not __fish_seen_subcommand_from create add list ls revoke rm delete recover" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and not __fish_seen_subcommand_from create add list ls revoke rm delete recover" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and not __fish_seen_subcommand_from create add list ls revoke rm delete recover" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and not __fish_seen_subcommand_from create add list ls revoke rm delete recover" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and not __fish_seen_subcommand_from create add list ls revoke rm delete recover" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and not __fish_seen_subcommand_from create add list ls revoke rm delete recover" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand token; and not __fish_seen_subcommand_from create add list ls revoke rm delete recover" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand token; and not __fish_seen_subcommand_from create add list ls revoke rm delete recover" -f -a "create" -d 'Create a token and print it once'
complete -c ringback -n "__fish_ringback_using_subcommand token; and not __fish_seen_subcommand_from create add list ls revoke rm delete recover" -f -a "add" -d 'Create a token and print it once'
complete -c ringback -n "__fish_ringback_using_subcommand token; and not __fish_seen_subcommand_from create add list ls revoke rm delete recover" -f -a "list" -d 'List tokens (never their texts), newest first'
complete -c ringback -n "__fish_ringback_using_subcommand token; and not __fish_seen_subcommand_from create add list ls revoke rm delete recover" -f -a "ls" -d 'List tokens (never their texts), newest first'
complete -c ringback -n "__fish_ringback_using_subcommand token; and not __fish_seen_subcommand_from create add list ls revoke rm delete recover" -f -a "revoke" -d 'Revoke a token'
complete -c ringback -n "__fish_ringback_using_subcommand token; and not __fish_seen_subcommand_from create add list ls revoke rm delete recover" -f -a "rm" -d 'Revoke a token'
complete -c ringback -n "__fish_ringback_using_subcommand token; and not __fish_seen_subcommand_from create add list ls revoke rm delete recover" -f -a "delete" -d 'Revoke a token'
complete -c ringback -n "__fish_ringback_using_subcommand token; and not __fish_seen_subcommand_from create add list ls revoke rm delete recover" -f -a "recover" -d 'Write a new admin token to the data directory\'s admin-token file; the daemon must be stopped. Other tokens stay valid'
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from create" -l role -d 'The role: admin, producer, manager, reader or metrics (may be repeated)' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from create" -l description -d 'A description' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from create" -l expires-in -d 'How long it is valid, such as 12h or 30d; by default it does not expire' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from create" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from create" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from create" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from create" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from create" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from create" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from create" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from create" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from create" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from create" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from add" -l role -d 'The role: admin, producer, manager, reader or metrics (may be repeated)' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from add" -l description -d 'A description' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from add" -l expires-in -d 'How long it is valid, such as 12h or 30d; by default it does not expire' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from add" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from add" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from add" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from add" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from add" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from add" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from add" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from add" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from add" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from add" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from list" -l limit -d 'The maximum number to list' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from list" -l cursor -d 'Continue where an earlier page ended' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from list" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from list" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from list" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from list" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from list" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from list" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from list" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from list" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from list" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from list" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from ls" -l limit -d 'The maximum number to list' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from ls" -l cursor -d 'Continue where an earlier page ended' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from ls" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from ls" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from ls" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from ls" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from ls" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from ls" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from ls" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from ls" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from ls" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from ls" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from revoke" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from revoke" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from revoke" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from revoke" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from revoke" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from revoke" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from revoke" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from revoke" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from revoke" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from revoke" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from revoke" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from rm" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from rm" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from rm" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from rm" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from rm" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from rm" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from rm" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from rm" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from rm" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from rm" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from rm" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from delete" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from delete" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from delete" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from delete" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from delete" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from delete" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from delete" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from delete" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from delete" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from delete" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from recover" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from recover" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from recover" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from recover" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from recover" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from recover" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from recover" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from recover" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from recover" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from recover" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand token; and __fish_seen_subcommand_from recover" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand audit; and not __fish_seen_subcommand_from list ls verify export" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand audit; and not __fish_seen_subcommand_from list ls verify export" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand audit; and not __fish_seen_subcommand_from list ls verify export" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand audit; and not __fish_seen_subcommand_from list ls verify export" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and not __fish_seen_subcommand_from list ls verify export" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and not __fish_seen_subcommand_from list ls verify export" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and not __fish_seen_subcommand_from list ls verify export" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand audit; and not __fish_seen_subcommand_from list ls verify export" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand audit; and not __fish_seen_subcommand_from list ls verify export" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and not __fish_seen_subcommand_from list ls verify export" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand audit; and not __fish_seen_subcommand_from list ls verify export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand audit; and not __fish_seen_subcommand_from list ls verify export" -f -a "list" -d 'List entries, newest first'
complete -c ringback -n "__fish_ringback_using_subcommand audit; and not __fish_seen_subcommand_from list ls verify export" -f -a "ls" -d 'List entries, newest first'
complete -c ringback -n "__fish_ringback_using_subcommand audit; and not __fish_seen_subcommand_from list ls verify export" -f -a "verify" -d 'Check that no entry was changed or deleted, in the daemon\'s log or in an export'
complete -c ringback -n "__fish_ringback_using_subcommand audit; and not __fish_seen_subcommand_from list ls verify export" -f -a "export" -d 'Write entries as lines of JSON, oldest first'
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from list" -l since -d 'Only entries of this time or later, such as 2026-05-01T12:34:56Z' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from list" -l until -d 'Only entries before this time' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from list" -l actor -d 'Only entries of this actor: a token\'s id, daemon or anonymous' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from list" -l action -d 'Only entries of this action or pattern, such as webhook.*' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from list" -l object -d 'Only entries about this id or name' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from list" -l limit -d 'The maximum number to list' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from list" -l cursor -d 'Continue where an earlier page ended' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from list" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from list" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from list" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from list" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from list" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from list" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from list" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from list" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from list" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from list" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from ls" -l since -d 'Only entries of this time or later, such as 2026-05-01T12:34:56Z' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from ls" -l until -d 'Only entries before this time' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from ls" -l actor -d 'Only entries of this actor: a token\'s id, daemon or anonymous' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from ls" -l action -d 'Only entries of this action or pattern, such as webhook.*' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from ls" -l object -d 'Only entries about this id or name' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from ls" -l limit -d 'The maximum number to list' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from ls" -l cursor -d 'Continue where an earlier page ended' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from ls" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from ls" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from ls" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from ls" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from ls" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from ls" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from ls" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from ls" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from ls" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from ls" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from verify" -l head -d 'The digest that the newest entry must have: the head that `verify` printed earlier' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from verify" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from verify" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from verify" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from verify" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from verify" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from verify" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from verify" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from verify" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from verify" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from verify" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from export" -l since -d 'Only entries of this time or later, such as 2026-05-01T12:34:56Z' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from export" -l until -d 'Only entries before this time' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from export" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from export" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from export" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from export" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from export" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from export" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from export" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from export" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from export" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from export" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand audit; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand verify" -l secret -d 'The webhook\'s secret: whsec_…, or a public key: whpk_… (`-` and `@FILE` are read)' -r
complete -c ringback -n "__fish_ringback_using_subcommand verify" -l header-file -d 'A file with the delivery\'s headers, one `Name: value` on each line' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand verify" -l header -d 'One header, as `Name: value`' -r
complete -c ringback -n "__fish_ringback_using_subcommand verify" -l body -d 'The exact body: inline, `@FILE`, or `-` for standard input' -r
complete -c ringback -n "__fish_ringback_using_subcommand verify" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand verify" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand verify" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand verify" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand verify" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand verify" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand verify" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand verify" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand verify" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand verify" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand completions" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand completions" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand completions" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand completions" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand completions" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand completions" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand completions" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand completions" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand completions" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand completions" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand man" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand man" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand man" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand man" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand man" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand man" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand man" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand man" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand man" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand man" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand support-bundle" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand support-bundle" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand support-bundle" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand support-bundle" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand support-bundle" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand support-bundle" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand support-bundle" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand support-bundle" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand support-bundle" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand support-bundle" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand support-bundle" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand openapi" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand openapi" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand openapi" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand openapi" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand openapi" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand openapi" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand openapi" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand openapi" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand openapi" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand openapi" -l dialects -d 'Include the providers\' paths besides Ringback\'s own'
complete -c ringback -n "__fish_ringback_using_subcommand openapi" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand openapi" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringback -n "__fish_ringback_using_subcommand version" -l color -d 'When to use colour; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also through a pipe'
never\t'Nowhere'"
complete -c ringback -n "__fish_ringback_using_subcommand version" -l config -d 'The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand version" -l data-dir -d 'The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand version" -l url -d 'The daemon\'s API [env: RINGBACK_URL] [default: the configured listen address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand version" -l admin-url -d 'The daemon\'s admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]' -r
complete -c ringback -n "__fish_ringback_using_subcommand version" -l token -d 'The token [env: RINGBACK_TOKEN] [default: the data directory\'s admin-token, if readable]' -r
complete -c ringback -n "__fish_ringback_using_subcommand version" -l token-file -d 'A file that holds the token' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand version" -l ca -d 'A PEM file of certificates to trust instead of the system\'s [env: RINGBACK_CA]' -r -F
complete -c ringback -n "__fish_ringback_using_subcommand version" -l account -d 'The account to act for, by name or id, with a token that may; by default the token\'s own' -r
complete -c ringback -n "__fish_ringback_using_subcommand version" -l json -d 'Print the API\'s JSON instead of tables'
complete -c ringback -n "__fish_ringback_using_subcommand version" -s h -l help -d 'Print help (see more with \'--help\')'
