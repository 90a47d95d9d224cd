// What StartOS runs of the package itself: one module without imports. Each function answers { result } or { error }.

const FILE = { volumeId: 'main', path: 'config.json' };
const DEFAULTS = { greeting: 'Hello' };

const SPEC = {
  greeting: {
    type: 'string',
    name: 'Greeting',
    description: 'The first word of the page',
    nullable: false,
    default: DEFAULTS.greeting,
    pattern: '^[A-Za-z ]{1,40}$',
    'pattern-description': 'Letters and blanks, at most 40',
    masked: false,
    copyable: false,
  },
};

async function read(effects) {
  try {
    return JSON.parse(await effects.readFile(FILE));
  } catch {
    return undefined;
  }
}

export async function getConfig(effects) {
  return { result: { config: await read(effects), spec: SPEC } };
}

export async function setConfig(effects, input) {
  await effects.writeFile({ ...FILE, toWrite: `${JSON.stringify(input, null, 2)}\n` });
  return { result: { signal: 'SIGTERM', 'depends-on': {} } };
}

// `direction` is the argument that the manifest gives: from an older version, or to one.
export async function migration(effects, _version, direction) {
  const config = await read(effects);
  if (direction === 'from' && config !== undefined)
    await effects.writeFile({ ...FILE, toWrite: `${JSON.stringify({ ...DEFAULTS, ...config }, null, 2)}\n` });
  return { result: { configured: config !== undefined } };
}
