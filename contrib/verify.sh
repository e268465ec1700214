#!/usr/bin/env bash
# Checks the units with systemd's own eyes where it is installed: that they load, and how exposed they are.
set -euo pipefail
cd "$(dirname "$0")/systemd"
if ! command -v systemd-analyze >/dev/null; then
    echo "skipped: systemd-analyze is not installed"
    exit 0
fi
most_exposed=2.0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The program need not be installed here: its path is replaced by one that exists.
for unit in brygga.service brygga-once.service brygga-once.timer; do
    sed 's#=/opt/brygga/bin/python#=/bin/true#' "$unit" >"$work/$unit"
done
told=$(systemd-analyze verify --man=no --recursive-errors=no "$work"/* 2>&1 | grep -F "$work" || true)
if [ -n "$told" ]; then
    echo "$told" >&2
    exit 1
fi
echo "verified: $(cd "$work" && echo ./*)"
for unit in brygga.service brygga-once.service; do
    score=$(systemd-analyze security --offline=true --no-pager "$work/$unit" 2>/dev/null |
        sed -n 's/.*Overall exposure level for .*: \([0-9.]*\) .*/\1/p')
    if [ -z "$score" ]; then
        echo "skipped: this systemd-analyze does not rate units offline"
        break
    fi
    echo "exposure of $unit: $score of 10 (at most $most_exposed)"
    awk -v score="$score" -v most="$most_exposed" 'BEGIN { exit !(score <= most) }' || exit 1
done
