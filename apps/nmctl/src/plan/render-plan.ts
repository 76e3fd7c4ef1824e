/** Renders what an agent would do next, as commands, account by account. Pure. */
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

function unmetLines(unmet: PlanResult['unmet'], page: Page): readonly Line[] {
  const rows = unmet.map(({ subject, outcome, action, reason }) => [
    span(subject, 'warn'),
    outcome,
    action,
    reason,
  ]);
  const columns = [{ title: '' }, { title: '' }, { title: '' }, { title: '' }];
  const table = renderTable(columns, rows, page, '    ');
  return table.length === 0 ? [] : [line(span('  wanted, and in no step', 'strong')), ...table];
}

/** renderPlan returns one agent's plan under its name: its steps, and what is wanted and in none of them. */
export function renderPlan(agent: string, plan: PlanResult, page: Page): readonly Line[] {
  const { driver, steps, unmet } = plan;
  const todo = steps.length === 0 ? 'nothing to do' : countText(steps.length, 'step');
  return [
    line(span(agent, 'strong'), ` (${driver}): ${todo}`),
    ...[...bySubject(steps)].flatMap(([subject, group]) => subjectLines(subject, group)),
    ...unmetLines(unmet, page),
  ];
}
