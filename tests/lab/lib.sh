# Shared by the scripts of the lab; sourced, never run. Whatever the lab makes lives under $LAB,
# and whatever it starts listens on loopback only.
set -euo pipefail

HERE=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
REPO=$(readlink -f "$HERE/../..")
LAB=$(readlink -m "${AURORA_AUDIT_LAB:-$REPO/target/lab}")
PYTHON="$LAB/venv/bin/python"
HOST=127.0.0.1
# For the Python tools; they leave no caches in the source tree.
export AURORA_AUDIT_LAB="$LAB" PYTHONDONTWRITEBYTECODE=1

die() {
    echo "lab: $*" >&2
    exit 1
}

say() {
    echo "lab: $*" >&2
}

# retry COMMAND...: three tries, because mirrors and indexes have bad moments.
retry() {
    local try
    for try in 1 2 3; do
        "$@" && return 0
        say "try $try failed: $1"
        sleep $((try * 5))
    done
    return 1
}

# Two runs at once would tread on each other's pid files. Daemons must not inherit the lock.
take_lock() {
    mkdir -p "$LAB" "$LAB/log"
    exec 9>"$LAB/lock"
    flock 9
}

# secret NAME: made once, kept in the state directory, never printed elsewhere.
secret() {
    local file="$LAB/secrets/$1"
    if [ ! -s "$file" ]; then
        mkdir -p -m 700 "$LAB/secrets"
        (umask 077 && openssl rand -hex 20 >"$file")
    fi
    cat "$file"
}

# free_ports N: asks the kernel, holding all of them at once so that they differ.
free_ports() {
    "$PYTHON" - "$1" <<'PY'
import socket, sys
held = [socket.create_server(("127.0.0.1", 0)) for _ in range(int(sys.argv[1]))]
print(*(s.getsockname()[1] for s in held))
PY
}

# A pid alone may belong to a stranger after a reboot; with its start time it cannot.
started_at() {
    sed 's/^.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20
}

# daemon NAME COMMAND...: outlives this script, logs to $LAB/log/NAME.log.
daemon() {
    local name=$1 pid
    shift
    mkdir -p "$LAB/run" "$LAB/log"
    setsid nohup "$@" >"$LAB/log/$name.log" 2>&1 </dev/null 9>&- &
    pid=$!
    echo "$pid $(started_at "$pid")" >"$LAB/run/$name.pid"
}

# pid_of NAME: prints the pid, fails unless the process we started still runs.
pid_of() {
    local pid when
    [ -s "$LAB/run/$1.pid" ] || return 1
    read -r pid when <"$LAB/run/$1.pid"
    [ -n "$when" ] && [ "$(started_at "$pid")" = "$when" ] || return 1
    echo "$pid"
}

answers() {
    (exec 3<>"/dev/tcp/$HOST/$1") 2>/dev/null
}

# await NAME PORT SECONDS: until the port answers; gives up at once if the process ended.
await() {
    local name=$1 port=$2 left=$(($3 * 10))
    while ! answers "$port"; do
        pid_of "$name" >/dev/null || die "$name ended: $(tail -n 5 "$LAB/log/$name.log")"
        left=$((left - 1))
        [ "$left" -gt 0 ] || die "$name does not answer on port $port"
        sleep 0.1
    done
}

# stop NAME: asks, waits, insists.
stop() {
    local name=$1 pid left=200
    if pid=$(pid_of "$name"); then
        kill "$pid" 2>/dev/null || true
        while pid_of "$name" >/dev/null && [ "$left" -gt 0 ]; do
            left=$((left - 1))
            sleep 0.1
        done
        if pid_of "$name" >/dev/null; then
            kill -9 "$pid" 2>/dev/null || true
        fi
    fi
    rm -f "$LAB/run/$name.pid"
}

# Together, then one by one: the servers take seconds each to end.
stop_all() {
    local file pid
    rm -f "$LAB/env"
    for file in "$LAB"/run/*.pid; do
        [ -e "$file" ] || continue
        file=${file##*/}
        if pid=$(pid_of "${file%.pid}"); then
            kill "$pid" 2>/dev/null || true
        fi
    done
    for file in "$LAB"/run/*.pid; do
        [ -e "$file" ] || continue
        file=${file##*/}
        stop "${file%.pid}"
    done
}

# The account that the servers run under: nobody, unless the state directory lies where nobody
# cannot go (a checkout below a private home).
server_user() {
    if [ "$(id -u)" != 0 ]; then
        id -un
    elif setpriv --reuid=nobody --regid=nogroup --clear-groups test -x "$LAB"; then
        echo nobody
    else
        echo root
    fi
}

# server_home HOME DATA CERTIFICATES: a fresh home of a database server, with a copy of that data directory.
server_home() {
    local home=$1 data=$2 certificates=$3
    [ "${#home}" -lt 90 ] || die "$home is too long for a socket's path; set AURORA_AUDIT_LAB"
    rm -rf "$home"
    mkdir -p "$home"
    cp -a "$data" "$home/data"
    cp "$certificates/chain.pem" "$certificates/key.pem" "$home"
    chmod 600 "$home/key.pem"
    chown -R "$(server_user)" "$home"
}

# Every server kind is a file that defines KIND_install, KIND_start and what else it needs.
for kind in "$HERE"/servers/*.sh; do
    . "$kind"
done
unset kind
. "$HERE/validators.sh"
