#!/bin/sh
# Makes a file of secrets: a new password for each engine, and a full set of keys. Never overwrites one: the keys of a
# database that is in use cannot be made again.
#
#   deploy/make-secrets.sh compose [FILE]   for deploy/compose.yaml; FILE is deploy/compose.env
#   deploy/make-secrets.sh small [FILE]     for the overlay; FILE is deploy/kubernetes/overlays/small/secrets.env
#
#   KEYS_NEW   the command that prints the keys, if not `quarry keys new` of the image. Without Docker:
#              KEYS_NEW="target/release/quarry keys new" deploy/make-secrets.sh compose
set -eu
umask 077
here=$(dirname "$0")
case ${1:-} in
compose) file=${2:-$here/compose.env} ;;
small) file=${2:-$here/kubernetes/overlays/small/secrets.env} ;;
*)
    echo "usage: $0 compose|small [FILE]" >&2
    exit 2
    ;;
esac
if [ -e "$file" ]; then
    echo "$file is there already: its keys open what is in the database, so it stays as it is." >&2
    exit 1
fi

random() { od -An -v -N24 -tx1 /dev/urandom | tr -d ' \n'; }

if [ -z "${KEYS_NEW:-}" ] && ! command -v docker >/dev/null; then
    echo "there is no docker to print keys: set KEYS_NEW=\"quarry keys new\", with the path of a quarry" >&2
    exit 1
fi
keys=$(${KEYS_NEW:-docker run --rm --network none "${QUARRY_IMAGE:-quarry:0.1.0}" keys new})
postgres=$(random)
rabbitmq=$(random)
{
    echo "# Keep a copy in a safe place: without the keys, a backup of the database is of little use."
    echo "POSTGRES_PASSWORD=$postgres"
    echo "RABBITMQ_PASSWORD=$rabbitmq"
    echo "AWS_ACCESS_KEY_ID=quarry"
    echo "AWS_SECRET_ACCESS_KEY=$(random)"
    if [ "$1" = small ]; then
        echo "QUARRY_DATABASE_URL=postgres://quarry:$postgres@database:5432/quarry"
        echo "QUARRY_BROKER_URL=amqp://quarry:$rabbitmq@broker:5672/quarry"
        echo "RABBITMQ_API_URL=http://quarry:$rabbitmq@broker.quarry.svc:15672/quarry"
    fi
    echo "$keys"
} >"$file.new"
# In place only when it is complete.
mv "$file.new" "$file"
echo "$file is made." >&2
