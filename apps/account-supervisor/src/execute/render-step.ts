/**
 * Says which commands a step stands for on a real node. Pure: running them is a driver's. Steps that
 * make and remove Unix accounts are here, those of a sliver's container in render-sliver-step.ts.
 */
import { type Command, run, runAccepting, writeFile } from '@nodemgr/agent';
import type { AccountName, AccountType } from '@nodemgr/records';
import type { AccountStep, StepName } from '../plan/account-steps.ts';
import { type AccountIds, RANGE_SIZE } from '../slots/account-ids.ts';
import { type MachineLayout, pathsOf, propertiesOf } from './layout.ts';
import { idRange, SLIVER_RENDERERS } from './render-sliver-step.ts';
import type { Renderer, Renderers } from './step-renderer.ts';

/** The primary group of all our accounts: sshd's rules for them are by group. */
const GROUP = 'nodemgr-accounts';
/** pkill(1): no process matched. userdel(8): no such user. usermod(8): a process of the user is left. */
const NO_PROCESS = 1;
const NO_USER = 6;
const USER_BUSY = 8;

/** An account whose last day was 1 January 1970 logs in by no means, keys included (shadow(5)). */
const EXPIRED = '1';
const NEVER = '';

/** What useradd(8) gives out as subordinate ids: exactly the 65536 from `first`, or none. It fails when one is taken. */
function subordinateIds(first: number | undefined): readonly string[] {
  const settings =
    first === undefined
      ? ['COUNT=0']
      : [`MIN=${first}`, `MAX=${first + RANGE_SIZE - 1}`, `COUNT=${RANGE_SIZE}`];
  const kinds = ['SUB_UID', 'SUB_GID'];
  return kinds.flatMap((kind) => settings.flatMap((setting) => ['--key', `${kind}_${setting}`]));
}

const createUser: Renderer<'create-user'> = ({ type, ids, range, login }, name, layout) => [
  writeFile(pathsOf(name, layout).record, 0o600, `${JSON.stringify({ type, slot: ids.slot })}\n`),
  run(
    'useradd',
    '--uid',
    `${ids.uid}`,
    '--no-user-group',
    '--gid',
    GROUP,
    '--no-create-home',
    '--home-dir',
    '/',
    '--shell',
    type === 'sliver' ? layout.sliverShell : layout.delegateShell,
    '--expiredate',
    login ? NEVER : EXPIRED,
    ...subordinateIds(range ? ids.base : undefined),
    name,
  ),
];

/** --force: what was killed may not be gone yet. */
const deleteUser = (name: AccountName): Command =>
  runAccepting([NO_USER], 'userdel', '--force', name);

function freeRange(base: number, name: AccountName, accept: readonly number[]): Command {
  const range = idRange(base);
  const deletions = ['--del-subuids', range, '--del-subgids', range];
  return runAccepting(accept, 'usermod', ...deletions, name);
}

/** Ends logins that outlive their sliver: nobody can log in any more. */
const endProcesses = (uid: number): readonly Command[] => [
  // The user's own service manager, killed, would stay behind as a failed unit.
  { unit: `user-${uid}.slice`, act: 'stop' },
  runAccepting([NO_PROCESS], 'pkill', '--signal', 'KILL', '--uid', `${uid}`),
];

/** userdel(8) takes the range along too, but last: cut short, it would leave it to a user that is gone. */
function endUser(
  type: AccountType,
  { uid, base }: AccountIds,
  name: AccountName,
): readonly Command[] {
  return [
    ...endProcesses(uid),
    ...(type === 'sliver' ? [freeRange(base, name, [USER_BUSY])] : []),
    deleteUser(name),
  ];
}

/** Our record goes last: until then a half-removed account is known as ours. */
const removeUser: Renderer<'remove-user'> = ({ type, ids }, name, layout) => {
  const { keys, record, starts, loginNote } = pathsOf(name, layout);
  return [
    { remove: propertiesOf(name) },
    { remove: keys },
    ...(ids === undefined ? [] : endUser(type, ids, name)),
    { remove: starts },
    { remove: loginNote },
    { remove: record },
  ];
};

const RENDERERS: Renderers<StepName> = {
  'create-user': createUser,
  'discard-user': (_step, name) => [deleteUser(name)],
  'remove-user': removeUser,
  'install-keys': ({ keys }, name, layout) => [
    writeFile(pathsOf(name, layout).keys, 0o644, keys.text),
  ],
  'remove-keys': (_step, name, layout) => [{ remove: pathsOf(name, layout).keys }],
  'allow-login': (_step, name) => [run('usermod', '--expiredate', NEVER, name)],
  'deny-login': (_step, name) => [run('usermod', '--expiredate', EXPIRED, name)],
  'free-id-range': ({ ids }, name) => [...endProcesses(ids.uid), freeRange(ids.base, name, [])],
  ...SLIVER_RENDERERS,
};

/** renderStep returns the commands that `step` stands for, in order; each may be repeated. */
export function renderStep(
  step: AccountStep,
  name: AccountName,
  layout: MachineLayout,
): readonly Command[] {
  // The compiler cannot see that a step's name and its arguments come from one entry of the map.
  const render = RENDERERS[step.step] as Renderer<StepName>;
  return render(step, name, layout);
}
