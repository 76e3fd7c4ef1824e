/** What an agent would do next, as commands, account by account. Pure. */
import type { PlannedStep, PlanResult } from '@nodemgr/contracts';
import { countText } from '../render/render-count.ts';
import { type Line, line, type Page, paragraph, span } from '../render/render-line.ts';
import { renderTable } from '../render/render-table.ts';

function bySubject(steps: readonly PlannedStep[]): ReadonlyMap<string, readonly PlannedStep[]> {
  const grouped = new Map<string, PlannedStep[]>();
  for (const step of steps) {
    const group = grouped.get(step.subject);
    if (group === undefined) grouped.set(step.subject, [step]);
    else group.push(step);
  }
  return grouped;
}

function stepLines({ step, commands }: PlannedStep): readonly Line[] {
  return [line(`    ${step}`), ...commands.flatMap((text) => paragraph(text, '      '))];
}

function subjectLines(subject: string, steps: readonly PlannedStep[]): readonly Line[] {
  return [line(span(`  ${subject}`, 'strong')), ...steps.flatMap(stepLines)];
}

function withheldLines(withheld: PlanResult['withheld'], page: Page): readonly Line[] {
  const rows = withheld.map(({ subject, reason }) => [span(subject, 'warn'), reason]);
  const table = renderTable([{ title: '' }, { title: '' }], rows, page, '    ');
  return table.length === 0 ? [] : [line(span('  withheld', 'strong')), ...table];
}

/** renderPlan returns one agent's plan under its name: its steps, and the removals that must wait. */
export function renderPlan(agent: string, plan: PlanResult, page: Page): readonly Line[] {
  const { driver, steps, withheld } = plan;
  const todo = steps.length === 0 ? 'nothing to do' : countText(steps.length, 'step');
  return [
    line(span(agent, 'strong'), ` (${driver}): ${todo}`),
    ...[...bySubject(steps)].flatMap(([subject, group]) => subjectLines(subject, group)),
    ...withheldLines(withheld, page),
  ];
}
