#!/usr/bin/env bash
# Builds every Lambda function into target/lambda/NAME/bootstrap, where template.yaml looks for it, and says how large
# its package is. The stack's parameter Architecture must name what is named here.
#
#   infra/build.sh [x86_64|arm64]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# What is larger takes longer to be fetched and started than a function may.
readonly MOST_BYTES=6000000

case "${1:-x86_64}" in
    x86_64) triple=x86_64-unknown-linux-gnu ;;
    arm64) triple=aarch64-unknown-linux-gnu ;;
    *)
        echo "usage: infra/build.sh [x86_64|arm64]" >&2
        exit 64
        ;;
esac

# The bytes of a file in a zip, as `sam deploy` packs it.
packed() {
    "$programs/python" -c '
import io, sys, zipfile
zipped = io.BytesIO()
with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as package:
    package.write(sys.argv[1], "bootstrap")
print(zipped.tell())' "$1"
}

if [ ! -d "$(rustc --print sysroot)/lib/rustlib/$triple" ]; then
    rustup target add "$triple"
fi
programs=$(infra/venv.sh infra/build-requirements.txt)
# The folder is the template's, also where cargo builds elsewhere.
PATH="$programs:$PATH" cargo lambda build --locked --package functions --bins --profile lambda \
    --target "$triple" --skip-target-check --lambda-dir target/lambda

status=0
for source in functions/src/bin/*.rs; do
    name=$(basename "$source" .rs)
    bytes=$(packed "target/lambda/$name/bootstrap")
    printf '%-17s %8d bytes as a package\n' "$name" "$bytes"
    if [ "$bytes" -gt "$MOST_BYTES" ]; then
        echo "$name is larger than $MOST_BYTES bytes" >&2
        status=1
    fi
done
exit "$status"
