/** nmctl's completion for bash, out of its command line. Pure. */
import { flatten, type TreeCommand } from './command-tree.ts';

/** What stands for the names of accounts, images and files in a list of words. */
const ACCOUNTS = '$(_nmctl_accounts)';
const IMAGES = '$(_nmctl_images)';
const FILES = '@files';

/** Arguments that can be completed, by command and name. */
export const COMPLETED: Readonly<Record<string, string>> = {
  'sliver name': ACCOUNTS,
  'explain name': ACCOUNTS,
  'events name': ACCOUNTS,
  'usage name': ACCOUNTS,
  'retry name': ACCOUNTS,
  'forget name': ACCOUNTS,
  'logs name': ACCOUNTS,
  'exec name': ACCOUNTS,
  'call args': ACCOUNTS,
  'config check file': FILES,
  'image import name': IMAGES,
  'image import source': FILES,
  'image remove image': IMAGES,
};

/** The words after the program's own that lead to a command: ' config check'. */
const placeOf = ({ path }: TreeCommand): string =>
  path
    .slice(1)
    .map((word) => ` ${word}`)
    .join('');

function wordsAfter(command: TreeCommand): string {
  const place = command.path.slice(1).join(' ');
  const given = command.arguments.flatMap(({ name }) => COMPLETED[`${place} ${name}`] ?? []);
  const commands = command.commands.map(({ path }) => path.at(-1));
  const options = command.options.flatMap(({ names }) =>
    names.filter((name) => name.startsWith('--')),
  );
  return [...new Set([...commands, ...given, ...options])].join(' ');
}

function optionsWithValue(commands: readonly TreeCommand[]): readonly string[] {
  return commands.flatMap(({ options }) =>
    options.flatMap(({ names, value }) => (value === undefined ? [] : names)),
  );
}

/** renderCompletion returns the script. */
export function renderCompletion(program: TreeCommand): string {
  const commands = [program, ...flatten(program)];
  const places = flatten(program).map((command) => `'${placeOf(command)}'`);
  const branches = commands.map(
    (command) => `        '${placeOf(command)}') words="${wordsAfter(command)}" ;;`,
  );
  return `# bash completion for nmctl, made of its command line

# Our accounts are those that have our login shells.
_nmctl_accounts() {
    awk -F: '$7 ~ "^/usr/lib/nodemgr/" { print $1 }' /etc/passwd
}

_nmctl_images() {
    local image
    for image in /var/lib/nodemgr/images/*@*; do
        [[ -e $image ]] || continue
        image=\${image##*/}
        printf '%s\\n' "\${image%@*}" "$image"
    done
}

_nmctl() {
    local cur=\${COMP_WORDS[COMP_CWORD]} place='' words='' word i
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=\${COMP_WORDS[i]}
        case $word in
            ${optionsWithValue(commands).join(' | ')}) ((i++)) ;;
            -*) ;;
            *) case "$place $word" in
                ${places.join(' | ')}) place+=" $word" ;;
            esac ;;
        esac
    done
    # The value of an option that takes one.
    ((i > COMP_CWORD)) && words='${FILES}'
    [[ -n $words ]] || case $place in
${branches.join('\n')}
    esac
    if [[ $words == *${FILES}* ]]; then
        words=\${words//${FILES}/}
        compopt -o default
    fi
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
} &&
    complete -F _nmctl nmctl
`;
}
