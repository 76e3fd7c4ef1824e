/** nmctl's command line as plain data, for what is made of it: a manual page and a completion. Pure. */
import type { Command, Option } from 'commander';

export interface TreeOption {
  /** As typed: `--json`, `-h`. */
  readonly names: readonly string[];
  /** What it takes, such as `file`; undefined for a switch. */
  readonly value: string | undefined;
  readonly about: string;
}

export interface TreeArgument {
  readonly name: string;
  readonly required: boolean;
  readonly repeated: boolean;
  readonly about: string;
}

export interface TreeCommand {
  /** From the program on: ['nmctl', 'config', 'check']. */
  readonly path: readonly string[];
  readonly about: string;
  readonly options: readonly TreeOption[];
  readonly arguments: readonly TreeArgument[];
  readonly commands: readonly TreeCommand[];
  /** What its help says after the lists. */
  readonly notes: string;
}

const takenBy = (option: Option): string | undefined => /[<[]([^>\]]+)/.exec(option.flags)?.[1];

function defaultText({ defaultValue, description }: Option): string {
  return defaultValue === undefined ? description : `${description} (default: ${defaultValue})`;
}

function optionsOf(command: Command): readonly TreeOption[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .map((option) => ({
      names: [option.short, option.long].filter((name) => typeof name === 'string'),
      value: takenBy(option),
      about: defaultText(option),
    }));
}

/** Commander keeps such text in listeners: it is what a full help has more than the plain one. */
function notesOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  return text.slice(command.helpInformation().length).trim();
}

/** commandTree returns `command` and everything below it. Its output is led away from the terminal. */
export function commandTree(command: Command, above: readonly string[] = []): TreeCommand {
  const path = [...above, command.name()];
  return {
    path,
    about: command.description(),
    options: optionsOf(command),
    arguments: command.registeredArguments.map((argument) => ({
      name: argument.name(),
      required: argument.required,
      repeated: argument.variadic,
      about: argument.description,
    })),
    commands: command.commands.map((inner) => commandTree(inner, path)),
    notes: notesOf(command),
  };
}

/** flatten returns every command that does something of its own, the program left out. */
export function flatten(command: TreeCommand): readonly TreeCommand[] {
  return command.commands.flatMap((inner) => [inner, ...flatten(inner)]);
}
