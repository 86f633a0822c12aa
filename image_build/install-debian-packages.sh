#!/bin/sh
# Install the Debian packages of a use ("run" or "test"), or say exactly which are missing.
#
#   sh image_build/install-debian-packages.sh run
set -eu

use=$1
list=$(dirname "$0")/debian-packages.txt
wanted=$(sed 's/#.*//' "$list" | awk -v use="$use" '$1 == "run" || $1 == use { print $2 }')

missing=
for package in $wanted; do
    status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
    [ "$status" = "install ok installed" ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
    as_root=
elif sudo -n true 2>/dev/null; then
    as_root=sudo
else
    echo "These Debian packages are missing, and only root may install them:" >&2
    echo "    apt-get install$missing" >&2
    exit 1
fi
echo "Installing Debian packages:$missing"
$as_root apt-get update -qq
# shellcheck disable=SC2086 # a list of names
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
