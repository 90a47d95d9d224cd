export const short = { en_US: 'A greeting', de_DE: 'Ein Gruß', es_ES: 'Un saludo', fr_FR: 'Un salut', pl_PL: 'Pozdrowienie' }
export const long = 'A greeting on a web page.'
