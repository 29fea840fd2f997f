import type { FirstMessages } from './first-en.js';

/** Spanish. Drafted by a machine: see awaiting-native-reader.json. */
export const firstEs: FirstMessages = {
  language: 'Idioma',
  skip: 'Ir al texto',
  exit: 'Salir de esta página ahora',
  'exit.hint': 'Abre una enciclopedia en lugar de esta página. No borra el historial del navegador.',
  about: 'Acerca de esta dirección',

  'welcome.title': 'Si le amenazan o castigan por trabajar con las Naciones Unidas',
  'welcome.danger.title': 'En peligro ahora',
  'welcome.danger.text':
    'No podemos dar protección física. Este no es un servicio de emergencia. Estos contactos responden a cualquier hora:',
  'welcome.helpline.defenders':
    'Front Line Defenders, para quienes defienden los derechos humanos, por teléfono',
  'welcome.helpline.digital': 'Access Now, para teléfonos, computadoras y cuentas, por correo electrónico',
  'welcome.what.title': 'Qué puede hacer aquí',
  'welcome.what.text':
    'Puede contar a responsables determinados lo que le ocurrió a usted o a otra persona. No necesita una cuenta ni dar un nombre. Lleva unos diez minutos. Puede omitir la mayoría de las preguntas.',
  'welcome.read.title': 'Quién lo leerá',
  'welcome.read.known':
    'Su informe se sella en este dispositivo para: {recipient}. Nadie más puede abrirlo, salvo que usted lo permita.',
  'welcome.read.checking': 'Comprobando de quién son estas claves …',
  'welcome.read.checked':
    'Las claves se comprobaron con el registro público, confirmado por {n, plural, one {# testigo independiente} many {# de testigos independientes} other {# testigos independientes}} en esta fecha: {time}.',
  'welcome.read.server':
    'Quienes gestionan este servidor no pueden leer su informe. Pueden ver que alguien escribió, cuándo, la longitud aproximada del informe y sus respuestas sobre el consentimiento y la urgencia.',
  'welcome.check.title': 'Cómo comprobar esta página',
  'welcome.check.text':
    'Una página no puede dar fe de sí misma. Compare este número con uno impreso o con el de una segunda fuente:',
  'welcome.safe.title': 'Antes de empezar',
  'welcome.safe.text':
    'Use un dispositivo que otras personas no miren. Nada de lo que escriba se guarda en él: si cierra o recarga esta página, lo que escribió se pierde. Puede guardar un borrador sellado en cualquier momento.',
  'welcome.start': 'Empezar un informe',
  'welcome.enter': 'Abrir su buzón',
  'welcome.draft': 'Abrir un borrador guardado',
  'mailbox.working': 'Un momento …',

  'sending.stopped': 'Aún no está confirmado',
  'sending.again': 'Intentar de nuevo',
  'sending.keep':
    'Su informe sigue aquí, sellado. Puede intentarlo tantas veces como quiera; se registra una sola vez. Mantenga abierta esta página.',

  'failed.title': 'Esto no funcionó',
  'failed.kept': 'No se perdió nada de lo que escribió.',
  'failed.code': 'Nombre del fallo: {code}',
  'failed.unreachable': 'No se puede acceder al servicio. Compruebe su conexión e inténtelo de nuevo.',
  'failed.busy': 'El servicio está muy ocupado. Espere un minuto e inténtelo de nuevo.',
  'failed.full':
    'El servicio no tiene espacio en este momento. Inténtelo más tarde o recurra a una línea de ayuda.',
  'failed.keys':
    'Las claves que se le muestran no están firmadas por quienes esta página considera de confianza. Puede ser un ataque. No se envió nada. Inténtelo desde otra red o recurra a una línea de ayuda.',
  'failed.stale':
    'Nadie ha confirmado estas claves últimamente, así que no se usan. No se envió nada. Inténtelo más tarde.',
  'failed.silent':
    'Los testigos independientes llevan más de siete días en silencio. Puede ser un fallo, o puede que alguien le esté aislando. Puede esperar o seguir adelante.',
  'failed.silent.do': 'Seguir sin confirmación reciente de los testigos',
  'failed.clock': 'El reloj de este dispositivo está mal. Ajuste la fecha y la hora e inténtelo de nuevo.',
  'failed.proof':
    'Lo que respondió el servicio no supera la comprobación. Puede ser un ataque. Anote cuándo ocurrió.',
  'failed.word': 'La palabra {n} no está en ninguna lista. ¿Quiso decir «{word}»?',
  'failed.words':
    'Las palabras o las cifras no concuerdan. Busque alguna equivocada, que falte o que esté fuera de su lugar.',
  'failed.nothing':
    'Esto no abre nada. Busque un error; si el informe se envió desde otra dirección, ábralo allí.',
  'failed.draft': 'Este archivo no se abre con estas palabras. ¿Es el archivo correcto?',
  'failed.outdated':
    'Mientras tanto se renovaron las claves de la oficina. No se registró nada. Selle de nuevo el informe: recibirá palabras nuevas, y las anteriores no abren nada.',
  'failed.outdated.do': 'Sellarlo de nuevo',
  'failed.refused':
    'Esto no puede hacerse ahora. Puede que alguien se haya adelantado; abra de nuevo el buzón.',
  'failed.internal': 'Algo falló aquí. Inténtelo de nuevo.',
  'failed.again': 'Intentar de nuevo',
};
