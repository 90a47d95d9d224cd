import { parser } from '@lezer/javascript';

/** The grammar of TypeScript, for whatever half-typed text holds. */
export const typescript = parser.configure({ dialect: 'ts' });
