import { setupI18n } from '@start9labs/start-sdk';

const english = {
  'Web Interface': 0,
  'The web interface of the service': 1,
  'The web interface is ready': 2,
  'The web interface is not ready': 3,
} as const;

const translations = {
  de_DE: {
    0: 'Weboberfläche',
    1: 'Die Weboberfläche des Dienstes',
    2: 'Die Weboberfläche ist bereit',
    3: 'Die Weboberfläche ist nicht bereit',
  },
  es_ES: {
    0: 'Interfaz web',
    1: 'La interfaz web del servicio',
    2: 'La interfaz web está lista',
    3: 'La interfaz web no está lista',
  },
  fr_FR: {
    0: 'Interface web',
    1: "L'interface web du service",
    2: "L'interface web est prête",
    3: "L'interface web n'est pas prête",
  },
  pl_PL: {
    0: 'Interfejs WWW',
    1: 'Interfejs WWW usługi',
    2: 'Interfejs WWW jest gotowy',
    3: 'Interfejs WWW nie jest gotowy',
  },
};

export const i18n = setupI18n(english, translations, 'en_US');
