#!/bin/sh
# collect-git.sh FOLDER: copies git for HTTPS and SSH, with the shared libraries it needs, out of a Debian into FOLDER, to
# be laid over an image that has glibc and nothing else. Used by the Dockerfile, and by test/cluster/image.test.ts.
set -eu
out=$1
programs="/usr/bin/git /usr/lib/git-core/git-remote-http /usr/bin/ssh"

put() { # FILE AS
  mkdir -p "$out/$(dirname "$2")"
  cp --dereference "$1" "$out/$2"
}

for program in $programs; do put "$program" "$program"; done
ln -sf git-remote-http "$out/usr/lib/git-core/git-remote-https"
# git starts ssh through a shell.
put /usr/bin/dash /bin/sh
put /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt

# What glibc itself brings is the image's own, or two of them would meet in one process.
glibc=$(dpkg-query --listfiles libc6 | sed 's#.*/##')
for library in $(ldd $programs | awk '$3 ~ "^/" { print $3 }' | sort -u); do
  name=$(basename "$library")
  echo "$glibc" | grep -qxF "$name" || put "$library" "/usr/lib/$(basename "$(dirname "$library")")/$name"
done
