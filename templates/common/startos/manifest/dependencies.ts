/** Other services that this one needs. */
export const dependencies = {};
