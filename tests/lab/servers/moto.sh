# The simulator of AWS. Its memory is its only state: a restart means a new seeding.

moto_install() {
    local want="$HERE/requirements.txt" stamp="$LAB/venv/requirements.txt"
    cmp -s "$want" "$stamp" && return 0
    say "python packages"
    rm -rf "$LAB/venv"
    /usr/bin/python3 -m venv "$LAB/venv"
    retry "$LAB/venv/bin/pip" install --quiet --disable-pip-version-check --retries 10 --timeout 60 \
        --require-hashes --requirement "$want" >&2 || die "cannot install the python packages"
    cp "$want" "$stamp"
}

# moto_start PORT
moto_start() {
    daemon moto env MOTO_IAM_LOAD_MANAGED_POLICIES=true "$PYTHON" "$HERE/servers/moto_server.py" -H "$HOST" -p "$1"
}
