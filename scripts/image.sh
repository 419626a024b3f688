#!/bin/sh
# Builds the image, by docker where its engine runs, else by buildah.
#   scripts/image.sh [ARCH...]    amd64 and arm64 with buildah; with docker this machine's own
#   IMAGE      its name (muster:0.1.0)
# With buildah, the first stage of deploy/Dockerfile runs on this machine where it is Debian, so that node:24-slim need not be
# pulled, and the last one is built from what that made (kept in build/image/ARCH). The image is a list of one for each ARCH.
set -eu
cd "$(dirname "$0")/.."
version=$(node -p 'require("./package.json").version')
image=${IMAGE:-muster:$version}
revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)

if docker info >/dev/null 2>&1; then
  exec docker build -f deploy/Dockerfile --build-arg "REVISION=$revision" -t "$image" .
fi
command -v buildah >/dev/null || {
  echo "expected docker or buildah to build an image with, found neither: apt-get install buildah" >&2
  exit 2
}
export BUILDAH_ISOLATION="${BUILDAH_ISOLATION:-chroot}"
buildah info >/dev/null 2>&1 || export STORAGE_DRIVER="${STORAGE_DRIVER:-vfs}"

build() { # ARCH, then what buildah takes
  arch=$1
  shift
  buildah build --platform "linux/$arch" --build-arg "TARGETARCH=$arch" --build-arg "REVISION=$revision" \
    --timestamp "$(git log -1 --format=%ct 2>/dev/null || echo 0)" -t "$image-$arch" "$@"
}

[ $# -gt 0 ] || set -- amd64 arm64
buildah manifest rm "$image" >/dev/null 2>&1 || true
buildah manifest create "$image" >/dev/null
for arch; do
  if ! command -v apt-get >/dev/null; then
    build "$arch" -f deploy/Dockerfile .
  else
    root=build/image/$arch
    node scripts/image-root.js "$root" "$arch"
    sed -n '/^FROM scratch/,$p' deploy/Dockerfile | sed 's/^COPY --from=build \/image /COPY . /' >"$root.Dockerfile"
    build "$arch" -f "$root.Dockerfile" --ignorefile /dev/null "$root"
  fi
  buildah manifest add "$image" "$image-$arch" >/dev/null
done
echo "$image is built. To publish it: buildah manifest push --all $image docker://registry.example.com/$image"
