#!/bin/sh
exec "${S9PK_TEST_NODE:-node}" "$(dirname "$0")/code-in-browser.ts" "$@"
