import { setupI18n } from '@start9labs/start-sdk';

const english = {
  'Web Interface': 0,
  'The web interface of the service': 1,
  'The web interface is ready': 2,
  'The web interface is not ready': 3,
  'Set Greeting': 4,
  'Choose how the service greets': 5,
  Greeting: 6,
} as const;

const translations = {
  de_DE: {
    0: 'Weboberfläche',
    1: 'Die Weboberfläche des Dienstes',
    2: 'Die Weboberfläche ist bereit',
    3: 'Die Weboberfläche ist nicht bereit',
    4: 'Gruß setzen',
    5: 'Wählen, wie der Dienst grüßt',
    6: 'Gruß',
  },
  es_ES: {
    0: 'Interfaz web',
    1: 'La interfaz web del servicio',
    2: 'La interfaz web está lista',
    3: 'La interfaz web no está lista',
    4: 'Establecer saludo',
    5: 'Elija cómo saluda el servicio',
    6: 'Saludo',
  },
  fr_FR: {
    0: 'Interface web',
    1: "L'interface web du service",
    2: "L'interface web est prête",
    3: "L'interface web n'est pas prête",
    4: 'Définir le salut',
    5: 'Choisissez comment le service salue',
    6: 'Salut',
  },
  pl_PL: {
    0: 'Interfejs WWW',
    1: 'Interfejs WWW usługi',
    2: 'Interfejs WWW jest gotowy',
    3: 'Interfejs WWW nie jest gotowy',
    4: 'Ustaw powitanie',
    5: 'Wybierz, jak usługa wita',
    6: 'Powitanie',
  },
};

export const i18n = setupI18n(english, translations, 'en_US');
