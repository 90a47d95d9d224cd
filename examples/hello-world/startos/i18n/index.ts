import { setupI18n } from '@start9labs/start-sdk';

const english = {
  'Web Interface': 0,
  'The web page is ready': 1,
  'The web page is not ready': 2,
  'The page that greets you': 3,
  'Set Name': 4,
  'Choose whom the page greets': 5,
  Name: 6,
} as const;

const translations = {
  de_DE: {
    0: 'Weboberfläche',
    1: 'Die Webseite ist bereit',
    2: 'Die Webseite ist nicht bereit',
    3: 'Die Seite, die Sie begrüßt',
    4: 'Name setzen',
    5: 'Wählen, wen die Seite begrüßt',
    6: 'Name',
  },
  es_ES: {
    0: 'Interfaz web',
    1: 'La página web está lista',
    2: 'La página web no está lista',
    3: 'La página que le saluda',
    4: 'Establecer nombre',
    5: 'Elija a quién saluda la página',
    6: 'Nombre',
  },
  fr_FR: {
    0: 'Interface web',
    1: 'La page web est prête',
    2: "La page web n'est pas prête",
    3: 'La page qui vous salue',
    4: 'Définir le nom',
    5: 'Choisissez qui la page salue',
    6: 'Nom',
  },
  pl_PL: {
    0: 'Interfejs WWW',
    1: 'Strona WWW jest gotowa',
    2: 'Strona WWW nie jest gotowa',
    3: 'Strona, która Cię wita',
    4: 'Ustaw imię',
    5: 'Wybierz, kogo wita strona',
    6: 'Imię',
  },
};

export const i18n = setupI18n(english, translations, 'en_US');
