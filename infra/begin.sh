#!/bin/sh
# The first steps of a ledger that processes share: its tables, its log, its topics. Run again, it
# changes nothing. Asks for AIRLEDGER_STORE__URL as the sealer, AIRLEDGER_LOG__KEY_FILE, OWNER_URL
# (the same database as the owner of the tables), OWNER_PASSWORD and SEALER_PASSWORD; and, for
# Kafka, AIRLEDGER_KAFKA__BOOTSTRAP_SERVERS and REPLICATION (copies of each partition).
set -eu

PGPASSWORD=$OWNER_PASSWORD airledger store init --owner-url "$OWNER_URL"

if ! said=$(PGPASSWORD=$SEALER_PASSWORD airledger log init 2>&1); then
    case $said in
    *"was begun already"*) ;;
    *)
        printf '%s\n' "$said" >&2
        exit 1
        ;;
    esac
fi
printf '%s\n' "$said"

if [ -n "${AIRLEDGER_KAFKA__BOOTSTRAP_SERVERS:-}" ]; then
    airledger topics apply --replication "${REPLICATION:-3}"
fi
