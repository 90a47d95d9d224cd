import { i18n } from '../i18n';
import { nameFile } from '../name-file';
import { sdk } from '../sdk';

const { InputSpec, Value } = sdk;

const inputSpec = InputSpec.of({
  name: Value.text({
    name: i18n('Name'),
    required: true,
    default: 'World',
    maxLength: 64,
    patterns: [{ regex: '^[^<>&]*$', description: 'No <, > or &' }],
  }),
});

export const setName = sdk.Action.withInput(
  'set-name',
  async () => ({
    name: i18n('Set Name'),
    description: i18n('Choose whom the page greets'),
    warning: null,
    allowedStatuses: 'any',
    group: null,
    visibility: 'enabled',
  }),
  inputSpec,
  async () => ({ name: (await nameFile.read().once()) ?? 'World' }),
  async ({ effects, input }) => {
    await nameFile.write(effects, input.name);
  },
);
