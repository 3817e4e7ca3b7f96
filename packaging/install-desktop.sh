#!/bin/sh
# Puts CoUn into this user's menu, started from this checkout's .venv; --remove takes it out again.
set -eu
cd "$(dirname "$0")/.."
id=org.coun_gui.CoUn
share=${XDG_DATA_HOME:-$HOME/.local/share}
entry=$share/applications/$id.desktop
icon=$share/icons/hicolor/scalable/apps/$id.svg
metainfo=$share/metainfo/$id.metainfo.xml

if [ "${1:-}" = --remove ]; then
    rm -f "$entry" "$icon" "$metainfo"
    echo "CoUn is out of the menu."
    exit 0
fi
mkdir -p "${entry%/*}" "${icon%/*}" "${metainfo%/*}"
cp resources/icons/coun.svg "$icon"
cp "packaging/$id.metainfo.xml" "$metainfo"
# The entry's grammar wants a path with spaces quoted.
while IFS= read -r line; do
    case $line in
        Exec=*) printf 'Exec="%s/.venv/bin/coun-gui"\n' "$(pwd -P)" ;;
        *) printf '%s\n' "$line" ;;
    esac
done < "packaging/$id.desktop" > "$entry"
if command -v update-desktop-database >/dev/null; then update-desktop-database -q "${entry%/*}"; fi
echo "CoUn is in the menu: $entry"
