export const short = {
  en_US: 'A greeting on a web page, to try packaging with',
  de_DE: 'Ein Gruß auf einer Webseite, um das Paketieren auszuprobieren',
  es_ES: 'Un saludo en una página web, para probar el empaquetado',
  fr_FR: 'Un salut sur une page web, pour essayer la création de paquets',
  pl_PL: 'Pozdrowienie na stronie WWW, do wypróbowania pakietowania',
};

export const long = {
  en_US:
    'Hello World serves one web page that greets you by name. An action sets the name. Its image is a few kilobytes large and is made without a container engine.',
  de_DE:
    'Hello World zeigt eine Webseite, die Sie mit Namen begrüßt. Eine Aktion setzt den Namen. Das Image ist wenige Kilobyte groß und entsteht ohne Container-Engine.',
  es_ES:
    'Hello World sirve una página web que le saluda por su nombre. Una acción establece el nombre. Su imagen ocupa unos pocos kilobytes y se crea sin motor de contenedores.',
  fr_FR:
    'Hello World sert une page web qui vous salue par votre nom. Une action définit le nom. Son image pèse quelques kilo-octets et se crée sans moteur de conteneurs.',
  pl_PL:
    'Hello World wyświetla stronę WWW, która wita Cię po imieniu. Akcja ustawia imię. Obraz zajmuje kilka kilobajtów i powstaje bez silnika kontenerów.',
};
