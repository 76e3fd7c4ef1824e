/** The command lines of xmlrpc-c, which know of the API only what its introspection tells them. */
import { execFile } from 'node:child_process';
import { skipNote } from '@nodemgr/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DemoNode } from '../support/demo-node.ts';
import { LENDER, METHODS, OVER_31_BITS, startSampleNode, WIDE } from './sample-node.ts';
import { COMMAND_LINES, isInstalled } from './strangers.ts';

let node: DemoNode;

beforeAll(async () => {
  node = await startSampleNode();
});

afterAll(() => node.destroy());

/** run calls a program with the API's address first; resolves with all that it said. */
function run(program: string, ...args: readonly string[]): Promise<string> {
  const url = `http://127.0.0.1:${node.port}/RPC2`;
  return new Promise((settle) => {
    execFile(program, [url, ...args], (_error, stdout, stderr) => settle(stdout + stderr));
  });
}

function whenInstalled(command: (typeof COMMAND_LINES)[keyof typeof COMMAND_LINES]) {
  const present = isInstalled(command.probe);
  return { works: test.skipIf(!present), note: skipNote(present ? [] : command.packages) };
}

const { works, note } = whenInstalled(COMMAND_LINES.xmlrpc);
describe(`xmlrpc${note}`, () => {
  const xmlrpc = (...args: readonly string[]) => run('xmlrpc', ...args);

  works('reads text, structs, lists and integers over 31 bits', async () => {
    expect(await xmlrpc('Help')).toContain('SetLoans');
    expect(await xmlrpc('GetRSpec', `s/${WIDE}`)).toContain(`64-bit integer: ${OVER_31_BITS}`);
    expect(await xmlrpc('GetEffectiveRSpec', `s/${LENDER}`)).toMatch(
      /'nm_cpu_guaranteed_share'\n +Value: Integer: 200\n/,
    );
    expect(await xmlrpc('GetLoans', `s/${LENDER}`)).toContain('Array of 0 items');
    expect(await xmlrpc('DumpDatabase')).toContain(`"sliver_${LENDER}"`);
    expect(await xmlrpc('GetXIDs')).toContain(`'${LENDER}'`);
    expect(await xmlrpc('GetRecord', `s/${LENDER}`)).toContain(`'sliver_${LENDER}'`);
  });

  works.each([
    ...['Stop', 'Start', 'CreateSliver', 'DeleteSliver', 'Create', 'Destroy', 'ReCreate'],
  ])('calls %s', async (method) => {
    expect(await xmlrpc(method, `s/${LENDER}`)).toMatch(/Integer: 1\n/);
  });

  works.each([
    ['NoSuchMethod', [], 100, 'there are Help'],
    ['GetRSpec', [], 101, 'GetRSpec(sliver)'],
    ['GetRSpec', ['s/<&]]>'], 102, "no such sliver: '<&]]>'"],
    ['GetRSpec', ['i/-5'], 102, 'got int'],
    ['GetRSpec', [`I/${OVER_31_BITS}`], 102, 'got int'],
    ['GetRSpec', ['b/true'], 102, 'got boolean'],
    ['GetRSpec', ['d/1.5'], 102, 'got double'],
    ['GetRSpec', ['n/'], 102, 'got nil'],
    ['GetRSpec', ['h/616263'], 102, 'got base64'],
    ['SetLoans', [LENDER, 's/x'], 102, 'loans wants array'],
  ])('shows the fault of %s %j', async (method, args, code, text) => {
    const said = await xmlrpc(method, ...args);
    expect(said).toContain(`fault code ${code})`);
    expect(said).toContain(text);
  });
});

const toText = whenInstalled(COMMAND_LINES['xml-rpc-api2txt']);
describe(`xml-rpc-api2txt${toText.note}`, () => {
  toText.works('writes the documentation of every method', async () => {
    const said = await run('xml-rpc-api2txt');
    for (const method of METHODS) expect(said).toContain(` ${method} (`);
    expect(said).toMatch(/^int SetLoans \(string, array\)\nint SetLoans \(array\)$/m);
  });
});

const toCpp = whenInstalled(COMMAND_LINES['xml-rpc-api2cpp']);
describe(`xml-rpc-api2cpp${toCpp.note}`, () => {
  toCpp.works('writes a C++ class of the methods that it is told of', async () => {
    const said = await run('xml-rpc-api2cpp', 'system', 'System');
    expect(said).toContain('std::string methodHelp (std::string const string1);');
    expect(said).toContain('multicall (XmlRpcValue /*array*/ array1);');
  });
});
