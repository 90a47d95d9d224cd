/** What the marketplace shows, by language. */
export const short = { en_US: '__TITLE__ on your own server' };

export const long = { en_US: '__TITLE__ as a service for StartOS.' };
