#!/bin/sh
# Who logs in to a new database, and with which rights; the image of PostgreSQL runs it once, before
# the database is used. `airledger store init` makes the tables and gives the group roles their
# rights (docs/reference/postgresql-rights.md).
set -eu

psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 \
    --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
    --set database="$POSTGRES_DB" \
    --set owner="$OWNER_PASSWORD" \
    --set intake="$INTAKE_PASSWORD" \
    --set sealer="$SEALER_PASSWORD" \
    --set projector="$PROJECTOR_PASSWORD" \
    --set relay="$RELAY_PASSWORD" \
    --set web="$WEB_PASSWORD" <<'SQL'
CREATE ROLE airledger_intake NOLOGIN;
CREATE ROLE airledger_sealer NOLOGIN;
CREATE ROLE airledger_projector NOLOGIN;
CREATE ROLE airledger_reader NOLOGIN;

CREATE ROLE owner LOGIN PASSWORD :'owner';
CREATE ROLE intake LOGIN PASSWORD :'intake' IN ROLE airledger_intake;
CREATE ROLE sealer LOGIN PASSWORD :'sealer' IN ROLE airledger_sealer;
CREATE ROLE projector LOGIN PASSWORD :'projector' IN ROLE airledger_projector;
CREATE ROLE relay LOGIN PASSWORD :'relay' IN ROLE airledger_reader;
CREATE ROLE web LOGIN PASSWORD :'web' IN ROLE airledger_intake, airledger_reader;

ALTER DATABASE :"database" OWNER TO owner;
REVOKE CONNECT ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO intake, sealer, projector, relay, web;
SQL
