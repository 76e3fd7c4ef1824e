import { expect, test } from 'vitest';
import { renderAptSettings, renderSources } from './render-sources.ts';

const render = (name: string, text: string) => renderSources([{ name, text }], 'bookworm');

test('the suite of each of Debian’s own archives is exchanged, its mirror and key are kept', () => {
  const text = `Types: deb deb-src
# A comment.
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
Signed-By: /k.gpg
`;
  expect(render('debian.sources', text)).toEqual([
    'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror.example/debian trixie main',
    'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror.example/debian trixie-updates main',
    'deb [signed-by=/k.gpg] http://mirror.example/debian-security trixie-security main',
  ]);
});

test('the one-line style is understood too, with and without options', () => {
  const text = `deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian bookworm main non-free
deb-src http://mirror.example/debian bookworm main
# deb http://mirror.example/debian bookworm-updates main
deb http://mirror.example/debian bookworm-updates main
`;
  expect(render('sources.list', text)).toEqual([
    'deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian trixie main',
    'deb http://mirror.example/debian trixie-updates main',
  ]);
});

test('archives of others, backports and what is switched off are left out', () => {
  expect(render('docker.list', 'deb http://other.example/linux bookworm stable\n')).toEqual([]);
  expect(render('a.list', 'deb http://mirror.example/debian bookworm-backports main\n')).toEqual(
    [],
  );
  expect(render('cloud.list', 'deb http://other.example cloud-sdk-bookworm main\n')).toEqual([]);
  const off = 'Enabled: no\nTypes: deb\nURIs: http://mirror.example/debian\nSuites: bookworm\n';
  expect(render('off.sources', `${off}Components: main\n`)).toEqual([]);
});

test('a machine that runs the built suite itself keeps its sources, each of them once', () => {
  const line = 'deb http://mirror.example/debian trixie main\n';
  expect(renderSources([{ name: 'sources.list', text: line + line }], 'trixie')).toEqual([
    line.trim(),
  ]);
});

test('proxies, certificates and checks of apt are carried over, and nothing else', () => {
  const dump = `APT::Architecture "amd64";
Acquire::http::Proxy "http://proxy.example:3142";
Acquire::https::CaInfo "/etc/ssl/certs/own.pem";
Acquire::https::Proxy "";
Acquire::Check-Valid-Until "false";
Acquire::IndexTargets::deb::Packages::MetaKey "x";
`;
  expect(renderAptSettings(dump)).toBe(`Acquire::http::Proxy "http://proxy.example:3142";
Acquire::https::CaInfo "/etc/ssl/certs/own.pem";
Acquire::Check-Valid-Until "false";
`);
});
