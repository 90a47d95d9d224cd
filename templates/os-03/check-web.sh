#!/bin/sh
# Runs inside the service's container. 0 is healthy, 60 is starting, anything else has failed.
if wget -q -O /dev/null http://localhost:__PORT__/; then exit 0; fi
echo "The page does not answer yet" >&2
exit 60
