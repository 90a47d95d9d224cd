const COLOURS = { red: 31, green: 32, yellow: 33, blue: 34, cyan: 36, grey: 90, bold: 1 } as const;

export type Colour = keyof typeof COLOURS;
/** Puts a text into a colour, or leaves it as it is where there are none. */
export type Paint = (colour: Colour, text: string) => string;

/** Colours as terminals understand them. */
export const ansi: Paint = (colour, text) => `\u001b[${COLOURS[colour]}m${text}\u001b[0m`;
