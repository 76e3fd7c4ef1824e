#!/bin/sh
# nx 22.7.12 with useDaemonProcess: false, a task with `cache: true` and one folder of outputs. Needs Node.js and npm.
#
# Expected: a second run, for which nothing has changed, leaves the outputs that are there as they are, or
#   replaces them file by file.
# Behaviour: the folder is removed with all that lies in it, and a copy from the cache is put in its place. In
#   between, for milliseconds, there is no output at all.
# Why it matters here: `npm start` builds first. While a second one did so, a daemon of the first that was
#   just being started again found no program ('Cannot find module'). Builds are not cached by nx here.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund nx@22.7.12
mkdir app
cat > nx.json <<'END'
{ "useDaemonProcess": false, "neverConnectToCloud": true, "analytics": false }
END
cat > app/project.json <<'END'
{
  "name": "app",
  "targets": {
    "build": {
      "executor": "nx:run-commands",
      "options": { "command": "mkdir -p dist/app && echo built > dist/app/main" },
      "outputs": ["{workspaceRoot}/dist/app"],
      "cache": true
    }
  }
}
END
build() {
  NX_DAEMON=false NX_TUI=false npx nx run app:build >nx.log 2>&1
}
build
touch dist/app/beside
build
grep -q 'Nx read the output from the cache' nx.log
seen=$(ls dist/app)
echo "seen: $seen"
test "$seen" = main
