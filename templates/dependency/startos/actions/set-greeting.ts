import { greetingFile } from '../greeting-file';
import { i18n } from '../i18n';
import { sdk } from '../sdk';

const { InputSpec, Value } = sdk;

const inputSpec = InputSpec.of({
  greeting: Value.text({ name: i18n('Greeting'), required: true, default: 'Hello', maxLength: 64 }),
});

export const setGreeting = sdk.Action.withInput(
  'set-greeting',
  async () => ({
    name: i18n('Set Greeting'),
    description: i18n('Choose how the service greets'),
    warning: null,
    allowedStatuses: 'any',
    group: null,
    visibility: 'enabled',
  }),
  inputSpec,
  async () => ({ greeting: (await greetingFile.read().once()) ?? 'Hello' }),
  async ({ effects, input }) => {
    await greetingFile.write(effects, input.greeting);
  },
);
