declare module 'punycode/punycode.es6.js' {
  export function toASCII(host: string): string;
  export function toUnicode(host: string): string;
}
