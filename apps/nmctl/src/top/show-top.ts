/** `nmctl top`: who uses what now, once or again and again. */
import { setTimeout as wait } from 'node:timers/promises';
import { heard } from '../ask/answer.ts';
import { type Ask, daemonsOf, LOOK_MS } from '../ask/ask-daemons.ts';
import { complainOfMissing } from '../ask/complain-of-missing.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Session } from '../session.ts';
import { type Look, measureUse, type Sort } from './measure-use.ts';
import { renderTop } from './render-top.ts';

export interface TopOptions {
  readonly sort: Sort;
  readonly once?: boolean;
}

/** Between two looks. */
const REFRESH_MS = 2_000;
/** The first rates need two looks, and nobody wants to wait for them. */
const FIRST_MS = 500;

async function lookWith(ask: Ask) {
  const [use, traffic] = await Promise.all([
    ask('account-supervisor', 'use_now', {}, LOOK_MS),
    ask('bwcap-agent', 'traffic', {}, LOOK_MS),
  ]);
  const look: Look = { use: heard(use), traffic: heard(traffic) };
  const missing = [
    {
      daemon: 'account-supervisor' as const,
      missing: 'CPU, memory, disk and tasks are not shown',
      answer: use,
    },
    { daemon: 'bwcap-agent' as const, missing: 'what is sent is not shown', answer: traffic },
  ];
  return { look, missing };
}

/** Prints who uses what; on a terminal again and again until the program is ended. */
export async function showTop(
  session: Session,
  { sort, once = false }: TopOptions,
): Promise<ExitCode> {
  const { terminal, json } = session;
  const ask = daemonsOf(session);
  const isLive = terminal.page.width !== undefined && !once && !json;
  let { look: before } = await lookWith(ask);
  await wait(FIRST_MS);
  for (;;) {
    const { look, missing } = await lookWith(ask);
    const slivers = measureUse(before, look, sort);
    before = look;
    if (isLive) terminal.clear();
    const code = complainOfMissing(missing, terminal);
    if (code === EXIT.silent) return code;
    const page = { ...terminal.page, now: Date.now() };
    if (json) terminal.printJson({ sort, slivers });
    else terminal.print(renderTop(slivers, { sort, rows: isLive ? page.rows : undefined }, page));
    if (!isLive) return code;
    await wait(REFRESH_MS);
  }
}
