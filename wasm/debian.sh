# Sourced by the build.sh of each module: pinned packages and sources of Debian 12.
#
# Needs: apt-get install clang-19 lld-19 llvm-19 wasi-libc libclang-rt-19-dev-wasm32 make patch dpkg-dev
clang=1:19.1.7-3~deb12u1
libc=0.0~git20220510.9886d3d-2
compiler="clang 19.1.7, wasi-libc 0.0~git20220510"

need() {
  have=$(dpkg-query --show --showformat='${Version}' "$1" 2>/dev/null || true)
  [ "$have" = "$2" ] || { echo "$1 $2 is needed, this is ${have:-not installed}" >&2 && exit 3; }
}
for package in clang-19 lld-19 libclang-rt-19-dev-wasm32; do need $package $clang; done
need wasi-libc $libc

# From wherever this machine has its packages from, without changing its settings. $1: an empty folder; $2: what runs in it, given
# apt-get with its options; $3, if given: a suite whose sources are looked at too.
with_sources() (
  out=$1 fetch=$2 suite=${3:-}
  mkdir -p "$out/apt/parts" "$out/apt/lists/partial"
  for list in /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list; do
    [ -f $list ] && sed 's/^Types: deb$/Types: deb deb-src/; s/^deb \(.*\)/deb \1\ndeb-src \1/' $list >"$out/apt/parts/${list##*/}"
    [ $list = /etc/apt/sources.list ] && [ -f "$out/apt/parts/sources.list" ] && mv "$out/apt/parts/sources.list" "$out/apt/parts/main.list"
  done
  [ -z "$suite" ] || sources_of "$suite" "$out/apt/parts"
  cd "$out"
  set -- apt-get -qq -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$out/apt/parts" -o Dir::State::lists="$out/apt/lists"
  "$@" update
  "$fetch" "$@"
)

# Beside the lists in folder $2: the sources of suite $1, from the same place as those of Debian 12.
sources_of() {
  for list in "$2"/*; do
    case $list in
    *.sources) awk -v RS= -v ORS='\n\n' -v suite="$1" '/\nSuites:[^\n]*bookworm( |\n)/ {
      gsub(/#[^\n]*\n/, ""); sub(/Types:[^\n]*/, "Types: deb-src"); sub(/Suites:[^\n]*/, "Suites: " suite); print }' "$list" >"$2/$1.sources" ;;
    *) sed -n "/^deb-src/ s/ bookworm / $1 /p" "$list" >"$2/$1.list" ;;
    esac
  done
}

# changed FOLDER PATCHES...
changed() {
  folder=$1
  shift
  for change in "$@"; do patch --quiet -d "$folder" -p1 <"$change"; done
}
