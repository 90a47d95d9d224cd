/** Images that StartOS 0.3 brought itself (s9pk-v1 section 3.5): packages run them and do not hold them. */
export const SYSTEM_IMAGES: readonly string[] = ['compat', 'utils'];
