#!/bin/sh
# A tour: what five other systems' users do, done with strongroom. It makes a vault of its
# own in a temporary folder, uses nothing else of yours, and takes all of it away again.
#
#     sh assets/example/tour.sh            # with strongroom in the PATH
#     STRONGROOM=target/release/strongroom sh assets/example/tour.sh
set -eu

example=$(cd "$(dirname "$0")" && pwd)
program=${STRONGROOM:-strongroom}
case $program in */*) program=$(cd "$(dirname "$program")" && pwd)/$(basename "$program") ;; esac
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
chmod 700 "$place"
cd "$place"
unset STRONGROOM_PASSPHRASE_FILE STRONGROOM_SCOPE STRONGROOM_MASTER_KEY 2>/dev/null || true
export STRONGROOM_VAULT="$place/tour.db" STRONGROOM_CONFIG="$place/config.toml" NO_COLOR=1
: >"$STRONGROOM_CONFIG"

strongroom() { command "$program" "$@"; }

# Shows a line as it would be typed, then does it.
try() {
  printf '\n$ %s\n' "$1"
  eval "$1"
}

# The same for a line that is refused: says with which exit code.
refused() {
  printf '\n$ %s\n' "$1"
  code=0
  eval "$1" || code=$?
  printf '(exit %s)\n' "$code"
  [ "$code" -ne 0 ]
}

chapter() { printf '\n== %s\n' "$*"; }

chapter 'A master key for an environment file, made once'
try 'strongroom init --protect env --no-input >master.env'
export "$(cat master.env)"
refused 'strongroom init --protect env --no-input'

chapter 'Create, with a description and metadata; list; look at one'
try "printf %s 'sk-tour-openai-0123456789abcdef' | strongroom set openai_api_key --stdin --description 'OpenAI API key for content generation' --metadata '{\"provider\": \"openai\", \"tier\": \"team\"}'"
try 'strongroom set webhook_token --generate --scope pipeline --pipeline content-generator'
try 'strongroom set my_key --generate --rotation-days 90'
try 'strongroom list'
try 'strongroom get openai_api_key'
try 'strongroom list --namespace content-generator'

chapter 'One name, a value for each environment; the right one is found'
for env in development staging production; do
  try "printf %s 'postgres://app:$env-password@$env.db/app' | strongroom set db_url --stdin --env $env"
done
try 'strongroom set db_url --generate --description "for whoever has none of its own"'
try 'strongroom resolve db_url --env staging'
try 'strongroom resolve db_url --env staging --namespace content-generator --explain'
try 'strongroom resolve db_url --env nowhere'
try 'strongroom set slack_token --generate --user alice'
try 'strongroom resolve slack_token --user alice'
refused 'strongroom get slack_token'

chapter 'Rotate with a reason, look at the history, go back'
try "printf %s 'sk-tour-openai-fedcba9876543210' | strongroom rotate openai_api_key --stdin --reason 'Scheduled rotation'"
try 'strongroom history openai_api_key'
try 'strongroom diff openai_api_key 1 2'
try 'strongroom rollback openai_api_key 1 --reason "the new one was refused"'
try 'strongroom reveal openai_api_key --reason "to compare with the console"; echo'
try 'strongroom rotate --due --plan'

chapter 'A temporary token: what has expired is not given out'
try 'strongroom set TEMP_TOKEN --generate --expires 30d'
try 'strongroom set GONE_TOKEN --generate --expires 1s'
sleep 2
refused 'strongroom reveal GONE_TOKEN'
refused 'strongroom check --env production --require db_url --require SENTRY_DSN'

chapter 'References in a URL and in a header'
cat >pipeline.json <<'END'
{
  "url": "https://api.example.com/hook?token={{secrets.webhook_token | url}}",
  "headers": { "Authorization": "Bearer $secret.openai_api_key", "X-Trace": "{{ trace.id }}" },
  "database_url": {{secrets.db_url | json}},
  "port": "$env.PORT"
}
END
try 'cat pipeline.json'
try 'PORT=8080 strongroom render pipeline.json --env production --namespace content-generator | sed "s/token=[^\"]*/token=.../"'
cat >broken.yaml <<'END'
key: {{secrets.openai_api_key}}
old: {{secrets.GONE_TOKEN}}
none: "{{secrets.NO_SUCH_KEY}} $env.NOT_SET"
END
refused 'strongroom render broken.yaml -o rendered.yaml'
try 'ls rendered.yaml 2>/dev/null || echo "nothing was written"'

chapter 'Into a program, with a prefix, and never in its output'
try "strongroom run --only openai_api_key --prefix FLUXBASE_SECRET_ -- sh -c 'echo \"it has \${#FLUXBASE_SECRET_OPENAI_API_KEY} characters: \$FLUXBASE_SECRET_OPENAI_API_KEY\"'"
try "strongroom run --env production --only db_url -- sh -c 'echo \"connecting to \$DB_URL\"'"
try 'DB_URL=postgres://localhost/mine strongroom run --env production --only db_url --explain'
printf %s 'hunter2hunter2' | strongroom set DB --stdin --env production --field username=payments 2>/dev/null
for name in WEBHOOK_TOKEN API_TOKEN SERVICE_KEY; do strongroom set "$name" --generate 2>/dev/null; done
try "strongroom run --env production --env-file \"\$example/service.env\" -- sh -c 'echo \"\$DATABASE_URL\"; echo \"\$LOG_LEVEL\"; exit 7' || echo \"its exit code: \$?\""

chapter 'Delete, bring back'
try 'strongroom delete my_key --reason unused'
refused 'strongroom get my_key'
try 'strongroom restore my_key'

chapter 'Who used what: by name, by days, and that nobody altered it'
try 'strongroom audit --secret openai_api_key --days 7'
try 'strongroom audit --failed --limit 3'
try 'strongroom audit verify'
try 'strongroom verify'
