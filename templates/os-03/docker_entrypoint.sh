#!/bin/sh
# The volume "main" is mounted at /data; scripts/embassy.js writes the configuration there.
set -e
greeting=$(sed -n 's/^ *"greeting": *"\(.*\)",\{0,1\}$/\1/p' /data/config.json 2>/dev/null || true)
mkdir -p /tmp/www
sed "s|GREETING|${greeting:-Hello}|" /www/index.html > /tmp/www/index.html
exec httpd -f -p __PORT__ -h /tmp/www
