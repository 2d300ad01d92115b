# MySQL 9.7 as Debian unstable ships it, unpacked beside the machine's own system: its own loader
# and libraries, no chroot, no package installed, no maintainer script run.

MYSQL97="$LAB/mysql97"

# The Debian mirror that this machine already uses, from apt itself.
debian_mirror() {
    apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(CREATED_BY)|$(REPO_URI)' |
        sed -n 's/^Debian|Debian|Packages|//p' | head -n 1
}

# Apt with a state of its own: it checks signature and hashes as ever, and the machine's package
# state stays as it is. The machine's apt configuration (proxies and the like) still applies.
private_apt() {
    apt-get --quiet --yes -o Acquire::Retries=5 -o Acquire::Languages=none -o APT::Sandbox::User=root \
        -o APT::Install-Recommends=false -o Dir::State="$LAB/apt/state" -o Dir::State::Status="$LAB/apt/status" \
        -o Dir::Cache="$LAB/apt/cache" -o Dir::Etc::SourceList="$LAB/apt/unstable.list" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null "$@" >>"$LAB/log/apt.log" 2>&1
}

mysql97_install() {
    [ -e "$MYSQL97/complete" ] && return 0
    say "mysql 9.7"
    local mirror deb
    mirror=$(debian_mirror)
    [ -n "$mirror" ] || die "apt on this machine has no Debian mirror"
    rm -rf "$MYSQL97" "$LAB/apt"
    mkdir -p "$MYSQL97" "$LAB/log" "$LAB/apt/state/lists/partial" "$LAB/apt/cache/archives/partial"
    : >"$LAB/apt/status"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror sid main" >"$LAB/apt/unstable.list"
    retry private_apt update || die "apt update failed: $(tail -n 3 "$LAB/log/apt.log")"
    retry private_apt --download-only install mysql-server-core ||
        die "cannot download the server: $(tail -n 3 "$LAB/log/apt.log")"
    for deb in "$LAB"/apt/cache/archives/*.deb; do
        case ${deb##*/} in
        # Dependencies of maintainer scripts, not of the server.
        perl* | libperl* | debconf* | dpkg_* | tar_*) ;;
        *) dpkg-deb --extract "$deb" "$MYSQL97" ;;
        esac
    done
    rm -rf "$LAB/apt"
    mysql97_template
    : >"$MYSQL97/complete"
}

# mysql97 HOME ARGUMENT...: prints the command line, one word a line, for a server with that home.
mysql97_command() {
    local home=$1 loader libc
    shift
    loader=$(find "$MYSQL97/usr" -name 'ld-linux-*.so.*' | head -n 1)
    libc=$(find "$MYSQL97/usr/lib" -name libc.so.6 | head -n 1)
    printf '%s\n' env -u LD_PRELOAD -u LD_LIBRARY_PATH OPENSSL_CONF=/dev/null TMPDIR="$home" \
        OPENSSL_MODULES="${libc%/*}/ossl-modules" \
        "$loader" --library-path "${libc%/*}:$MYSQL97/usr/lib/mysql/private" "$MYSQL97/usr/sbin/mysqld" --no-defaults \
        --user="$(server_user)" --basedir="$MYSQL97/usr" --plugin-dir="$MYSQL97/usr/lib/mysql/plugin" \
        --lc-messages-dir="$MYSQL97/usr/share/mysql" --character-sets-dir="$MYSQL97/usr/share/mysql/charsets" \
        --datadir="$home/data" --innodb-redo-log-capacity=8M --auto-generate-certs=OFF "$@"
}

# A fresh data directory, copied for each server. Aurora has no root: its superuser is
# rdsadmin@localhost, so ours becomes that.
mysql97_template() {
    local home="$MYSQL97/template" command
    rm -rf "$home"
    mkdir -p "$home"
    (umask 077 && cat >"$home/first.sql") <<SQL
RENAME USER root@localhost TO rdsadmin@localhost;
ALTER USER rdsadmin@localhost IDENTIFIED BY '$(secret rdsadmin)';
SQL
    chown -R "$(server_user)" "$home"
    mapfile -t command < <(mysql97_command "$home" --initialize-insecure --init-file="$home/first.sql")
    "${command[@]}" >"$LAB/log/mysql97-template.log" 2>&1 ||
        die "mysqld cannot initialise: $(tail -n 5 "$LAB/log/mysql97-template.log")"
}

# mysql97_start NAME PORT CERTIFICATES OPTION...: CERTIFICATES holds chain.pem and key.pem. NAMES=1 in the environment
# lets it resolve the names of clients and count their broken handshakes; no later option takes the other back.
mysql97_start() {
    local name=$1 port=$2 certificates=$3 home="$LAB/mysql/$1" command
    shift 3
    [ -n "${NAMES:-}" ] || set -- --skip-name-resolve "$@"
    server_home "$home" "$MYSQL97/template/data" "$certificates"
    # Name resolution, partial revokes: as Aurora MySQL 3 has them. The tests' many broken
    # handshakes must not get loopback blocked.
    mapfile -t command < <(mysql97_command "$home" --port="$port" --bind-address="$HOST" --mysqlx=OFF \
        --socket="$home/mysqld.sock" --pid-file="$home/mysqld.pid" --ssl-cert="$home/chain.pem" --ssl-key="$home/key.pem" \
        --tls-version=TLSv1.2,TLSv1.3 --partial-revokes=ON --max-connect-errors=1000000000 \
        --skip-log-bin --performance-schema=OFF --innodb-buffer-pool-size=16M --secure-file-priv=NULL "$@")
    daemon "$name" "${command[@]}"
}
