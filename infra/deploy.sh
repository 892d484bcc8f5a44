#!/usr/bin/env bash
# Builds the functions and deploys the stack NAME into the AWS account and the region that this machine is logged in to;
# for a stack that is there, that is an upgrade. Parameters that are not named stay as they are, but for Architecture,
# which is x86_64 where it is not named. With --built the packages are deployed that infra/build.sh made before.
#
#   infra/deploy.sh NAME [--built] [PARAMETER=VALUE]...
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
    echo "usage: infra/deploy.sh NAME [--built] [PARAMETER=VALUE]..." >&2
    exit 64
}

name=${1:-}
# What the command line takes with --stack; the names of all resources have room behind it.
[[ $name =~ ^[a-zA-Z][a-zA-Z0-9-]{2,46}$ ]] || usage
shift
built=no
architecture=x86_64
parameters=()
for word in "$@"; do
    case "$word" in
        --built) built=yes ;;
        Architecture=*) architecture=${word#*=} ;;
        # sam wants to be told that nothing is meant.
        [A-Z]*=) parameters+=("$word\"\"") ;;
        [A-Z]*=*) parameters+=("$word") ;;
        *) usage ;;
    esac
done

if ! command -v sam >/dev/null; then
    echo "the AWS SAM CLI (sam) is not installed: https://docs.aws.amazon.com/serverless-application-model/" >&2
    exit 1
fi
# sam knows the region by this name alone, acrotask by both.
if [ -n "${AWS_REGION:-}" ]; then
    export AWS_DEFAULT_REGION=$AWS_REGION
fi
# Who is not logged in is told so before anything is built.
if ! told=$(sam list stack-outputs --stack-name "$name" --output json 2>&1) && [[ $told != *"does not exist"* ]]; then
    echo "$told" >&2
    echo "AWS cannot be asked: log in, such as with 'aws sso login', and set AWS_PROFILE and AWS_REGION" >&2
    exit 1
fi

if [ "$built" = no ]; then
    infra/build.sh "$architecture"
fi
sam deploy --template-file infra/template.yaml --stack-name "$name" --resolve-s3 --capabilities CAPABILITY_IAM \
    --no-confirm-changeset --no-fail-on-empty-changeset --no-progressbar \
    --parameter-overrides "Architecture=$architecture" ${parameters[@]+"${parameters[@]}"}
