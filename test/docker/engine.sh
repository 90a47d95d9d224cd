#!/bin/bash
# A Docker engine of our own for the tests: root on Debian, nothing installed into the system.
#   test/docker/engine.sh start FOLDER   then: source FOLDER/environment
#   test/docker/engine.sh run FOLDER     once more, after it was ended or killed
#   test/docker/engine.sh stop FOLDER
# The programs come from Debian's packages (trixie for a buildx that exports OCI layouts, this release for runc and qemu),
# are unpacked into FOLDER and run in a network namespace of their own.
set -euo pipefail
action=${1:?start, run or stop}
folder=$(realpath -m "${2:?a folder}")
programs=$folder/programs
binfmt=/proc/sys/fs/binfmt_misc

# The mirror that this machine's own apt uses.
mirror() {
  local urls first
  urls=$(grep -rhE '^(URIs:|deb )' /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null | grep -oE '[a-z]+://[^ ]+/debian/?( |$)' || true)
  first=${urls%%$'\n'*}
  echo "${first%% *}"
}

fetch_packages() {
  local apt=$folder/apt keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  mkdir -p "$apt"/{state/lists/partial,cache/archives/partial,parts} "$folder/packages" "$programs"
  : > "$apt/status"
  echo "deb [signed-by=$keyring] $(mirror) trixie main" > "$apt/sources.list"
  cat > "$apt/apt.conf" <<CONF
Dir::State "$apt/state"; Dir::State::status "$apt/status"; Dir::Cache "$apt/cache";
Dir::Etc::sourcelist "$apt/sources.list"; Dir::Etc::sourceparts "$apt/parts";
Dir::Etc::preferences "$apt/none"; Dir::Etc::preferencesparts "$apt/parts";
APT::Architecture "amd64"; APT::Architectures { "amd64"; "arm64"; "riscv64"; };
Acquire::Languages "none"; APT::Sandbox::User "root"; Acquire::Retries "3";
CONF
  cd "$folder/packages"
  APT_CONFIG=$apt/apt.conf apt-get -qq update
  APT_CONFIG=$apt/apt.conf apt-get -qq download docker.io docker-cli docker-buildx containerd \
    busybox-static:amd64 busybox-static:arm64 busybox-static:riscv64
  # Those of trixie want a newer libc than older releases have.
  apt-get -qq -o APT::Sandbox::User=root download runc qemu-user-static
  for name in docker.io docker-cli docker-buildx containerd runc qemu-user-static; do dpkg -x "$name"_*.deb "$programs"; done
  for arch in amd64 arm64 riscv64; do
    dpkg-deb --fsys-tarfile busybox-static_*_$arch.deb | tar -xO ./usr/bin/busybox > "$folder/busybox-$arch"
    chmod 755 "$folder/busybox-$arch"
  done
}

# Foreign programs run through qemu, inside containers too: F opens the interpreter now, C keeps setuid, P argv[0].
register_emulation() {
  [ -e $binfmt/register ] || mount -t binfmt_misc binfmt_misc $binfmt
  local zeros='\x00\x00\x00\x00\x00\x00\x00\x00'
  local mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'
  for pair in aarch64:b7 riscv64:f3; do
    local name=${pair%:*} machine=${pair#*:}
    [ -e $binfmt/qemu-"$name" ] && continue
    printf ':qemu-%s:M::\\x7fELF\\x02\\x01\\x01\\x00%s\\x02\\x00\\x%s\\x00:%s:%s:POCF' \
      "$name" "$zeros" "$machine" "$mask" "$programs/usr/bin/qemu-$name-static" > $binfmt/register
  done
}

start() {
  fetch_packages
  register_emulation
  run
}

run() {
  mkdir -p "$folder/config/cli-plugins"
  ln -sf "$programs/usr/libexec/docker/cli-plugins/docker-buildx" "$folder/config/cli-plugins/"
  echo '{ "features": { "containerd-snapshotter": true } }' > "$folder/daemon.json"
  local socket=unix://$folder/docker.sock
  rm -f "$folder/docker.pid"
  PATH=$programs/usr/bin:$programs/usr/sbin:$PATH setsid unshare --net -- sh -c 'ip link set lo up; exec "$@"' sh \
    "$programs/usr/sbin/dockerd" --config-file "$folder/daemon.json" --data-root "$folder/data" --exec-root "$folder/exec" \
    --pidfile "$folder/docker.pid" --host "$socket" \
    --iptables=false --ip6tables=false --ip-masq=false --ip-forward=false > "$folder/dockerd.log" 2>&1 < /dev/null &
  cat > "$folder/environment" <<ENV
export DOCKER_HOST=$socket DOCKER_CONFIG=$folder/config PATH=$programs/usr/bin:\$PATH S9PK_TEST_ENGINE=$folder
ENV
  for _ in $(seq 300); do
    DOCKER_HOST=$socket "$programs/usr/bin/docker" version > /dev/null 2>&1 && return 0
    sleep 0.1
  done
  tail -20 "$folder/dockerd.log" >&2
  return 1
}

stop() {
  if [ -e "$folder/docker.pid" ]; then
    local pid
    pid=$(cat "$folder/docker.pid")
    kill "$pid" || true
    for _ in $(seq 100); do [ -e "/proc/$pid/exe" ] || break; sleep 0.1; done
  fi
  for name in aarch64 riscv64; do
    if grep -qs "interpreter $programs/" $binfmt/qemu-$name; then echo -1 > $binfmt/qemu-$name; fi
  done
  # What an engine that ended in mid-build had mounted.
  awk -v prefix="$folder/" 'index($2, prefix) == 1 { print $2 }' /proc/mounts | sort -r | xargs -r umount -l
  rm -rf "$folder"
}

$action
