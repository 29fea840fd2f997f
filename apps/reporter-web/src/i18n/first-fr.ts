import type { FirstMessages } from './first-en.js';

/** French. Drafted by a machine: see awaiting-native-reader.json. */
export const firstFr: FirstMessages = {
  language: 'Langue',
  skip: 'Aller au texte',
  exit: 'Quitter cette page maintenant',
  'exit.hint':
    'Ouvre une encyclopédie à la place de cette page. L’historique du navigateur n’est pas effacé.',
  about: 'À propos de cette adresse',

  'welcome.title': 'Si l’on vous menace ou vous punit parce que vous travaillez avec les Nations Unies',
  'welcome.danger.title': 'En danger en ce moment',
  'welcome.danger.text':
    'Nous ne pouvons pas vous protéger physiquement. Ceci n’est pas un service d’urgence. Ces contacts répondent à toute heure :',
  'welcome.helpline.defenders':
    'Front Line Defenders, pour les personnes qui défendent les droits humains, par téléphone',
  'welcome.helpline.digital':
    'Access Now, pour les téléphones, les ordinateurs et les comptes, par courrier électronique',
  'welcome.what.title': 'Ce que vous pouvez faire ici',
  'welcome.what.text':
    'Vous pouvez dire à des responsables désignés ce qui vous est arrivé, ou ce qui est arrivé à quelqu’un d’autre. Il ne faut ni compte ni nom. Cela prend environ dix minutes. Vous pouvez passer la plupart des questions.',
  'welcome.read.title': 'Qui le lira',
  'welcome.read.known':
    'Votre signalement est scellé sur cet appareil pour : {recipient}. Personne d’autre ne peut l’ouvrir, sauf si vous le permettez.',
  'welcome.read.checking': 'Vérification de l’origine des clés …',
  'welcome.read.checked':
    'Les clés ont été comparées au registre public, confirmé par {n, plural, one {# témoin indépendant} many {# de témoins indépendants} other {# témoins indépendants}} le {time}.',
  'welcome.read.server':
    'Les personnes qui gèrent ce serveur ne peuvent pas lire votre signalement. Elles peuvent voir que quelqu’un a écrit, quand, la longueur approximative du signalement, et vos réponses sur le consentement et l’urgence.',
  'welcome.check.title': 'Comment vérifier cette page',
  'welcome.check.text':
    'Une page ne peut pas se porter garante d’elle-même. Comparez ce numéro avec un numéro imprimé, ou avec celui d’une seconde source :',
  'welcome.safe.title': 'Avant de commencer',
  'welcome.safe.text':
    'Utilisez un appareil que d’autres ne regardent pas. Rien de ce que vous écrivez n’y est enregistré : si vous fermez ou rechargez cette page, ce que vous avez écrit est perdu. Vous pouvez à tout moment enregistrer un brouillon scellé.',
  'welcome.start': 'Commencer un signalement',
  'welcome.enter': 'Ouvrir votre boîte aux lettres',
  'welcome.draft': 'Ouvrir un brouillon enregistré',
  'mailbox.working': 'Un instant …',

  'sending.stopped': 'Pas encore confirmé',
  'sending.again': 'Réessayer',
  'sending.keep':
    'Votre signalement est toujours ici, scellé. Vous pouvez essayer autant de fois que vous voulez ; il n’est inscrit qu’une seule fois. Gardez cette page ouverte.',

  'failed.title': 'Cela n’a pas marché',
  'failed.kept': 'Rien de ce que vous avez écrit n’est perdu.',
  'failed.code': 'Nom du problème : {code}',
  'failed.unreachable': 'Le service est injoignable. Vérifiez votre connexion, puis réessayez.',
  'failed.busy': 'Le service est très sollicité. Attendez une minute, puis réessayez.',
  'failed.full':
    'Le service n’a plus de place pour le moment. Réessayez plus tard, ou contactez une ligne d’aide.',
  'failed.keys':
    'Les clés présentées ne sont pas signées par ceux à qui cette page fait confiance. Cela peut être une attaque. Rien n’a été envoyé. Essayez depuis un autre réseau, ou contactez une ligne d’aide.',
  'failed.stale':
    'Personne n’a confirmé ces clés récemment ; elles ne sont donc pas utilisées. Rien n’a été envoyé. Réessayez plus tard.',
  'failed.silent':
    'Les témoins indépendants se taisent depuis plus de sept jours. C’est peut-être une panne, ou quelqu’un cherche peut-être à vous isoler. Vous pouvez attendre, ou continuer.',
  'failed.silent.do': 'Continuer sans confirmation récente des témoins',
  'failed.clock': 'L’horloge de cet appareil est fausse. Réglez la date et l’heure, puis réessayez.',
  'failed.proof':
    'La réponse du service ne résiste pas à la vérification. Cela peut être une attaque. Notez quand c’est arrivé.',
  'failed.word': 'Le mot {n} n’est dans aucune liste. Vouliez-vous dire « {word} » ?',
  'failed.words':
    'Les mots ou les chiffres ne vont pas ensemble. Cherchez-en un qui est faux, qui manque ou qui n’est pas à sa place.',
  'failed.nothing':
    'Cela n’ouvre rien. Cherchez une erreur ; si le signalement a été envoyé depuis une autre adresse, ouvrez-le là-bas.',
  'failed.draft': 'Ce fichier ne s’ouvre pas avec ces mots. Est-ce le bon fichier ?',
  'failed.outdated':
    'Les clés du bureau ont été renouvelées entre-temps. Rien n’a été inscrit. Scellez de nouveau le signalement : vous recevrez de nouveaux mots, et les anciens n’ouvrent rien.',
  'failed.outdated.do': 'Le sceller de nouveau',
  'failed.refused':
    'Cela ne peut pas se faire maintenant. Quelqu’un a peut-être été plus rapide ; ouvrez de nouveau la boîte aux lettres.',
  'failed.internal': 'Un problème est survenu ici. Réessayez.',
  'failed.again': 'Réessayer',
};
