"""Words and half sentences in three languages, from which the benchmarks' mail is put together."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Tongue:
    """What somebody writing in one language chooses from; ``|`` parts the choices.

    Attributes:
        patterns: Sentences with gaps: {n} a thing, {m} another, {a} a quality, {t} a time, {w} a person, {x} a number.
    """

    code: str
    charset: str
    greetings: str
    patterns: str
    things: str
    qualities: str
    times: str
    closings: str
    titles: str
    wrote: str
    labels: tuple[str, str, str, str]
    divider: str


_ENGLISH = Tongue(
    code="en",
    charset="us-ascii",
    greetings="Hi {w},|Hello {w},|Dear {w},|Good morning {w},|{w},|Hi all,|Hello everybody,",
    patterns="""Could you send us the {a} {n} by {t}?|We looked at the {n} with {w} and the {m} seems {a}.|
    I will let you know about the {n} {t}.|The {m} for the {n} came to {x} pounds, which is more than we agreed.|
    Please find the {a} {n} attached, together with the {m}.|Did {w} tell you that the {n} has not arrived yet?|
    As discussed {t}, the {n} depends on the {m} and nobody has decided.|Shall we meet {t} to go over the {n}?|
    Our {n} is {a} again, this is the third time since the {m} was changed.|{w} is on the road {t}, so call me instead.|
    Nothing else is missing from the {m}, thank you for the {a} {n}.|We ordered {x} of them and only received half.|
    If the {n} is not {a} enough, we would rather keep the {m} we have.|Any news on the {n}?|
    The colleagues downstairs asked whether the {m} can be moved to another {n} without paying twice.|
    I have put the {n} and the {m} into the shared folder under number {x}.|That is fine with me, {t} suits us well.|
    What would it cost to have {x} more, including the {n}?|We are still waiting for your answer about the {a} {m}.|
    {w} wrote down what we need: a {n}, a {a} {m} and somebody who can explain both of them {t}.""",
    things="""drawing offer contract pump schedule invoice railing report sample crane plan licence shipment survey
    database password screen keyboard warehouse forklift brochure budget catalogue container delivery permit estimate
    filter gasket handbook inspection kitchen ladder manual notebook order pallet quote receipt scaffold ticket upgrade
    valve website agreement bracket cable draft engine fence gateway hinge insurance joint key lorry meeting newsletter
    office printer queue roof server tender uniform van workshop""",
    qualities="""new revised old final first second broken complete wrong heavy small green yellow cheap urgent late
    final signed unsigned missing double long short approved preliminary corrected leaking noisy clean""",
    times="""tomorrow|on Monday|on Tuesday morning|by Friday|next week|this afternoon|at the end of the month|in May|
    on the 14th|before lunch|after the holidays|at ten|next Thursday|in two weeks|soon""",
    closings="Best regards,|Kind regards,|Thanks,|Many thanks,|Cheers,|Regards,|Yours sincerely,|All the best,",
    titles="Project Manager|Head of Sales|Buyer|Site Engineer|Accounts Assistant|Director|Support Team|Consultant",
    wrote="On {day}, {who} wrote:",
    labels=("From", "Sent", "To", "Subject"),
    divider="-----Original Message-----",
)
_GERMAN = Tongue(
    code="de",
    charset="iso-8859-1",
    greetings="Hallo {w},|Guten Tag {w},|Liebe Kollegen,|Sehr geehrte Damen und Herren,|Moin {w},|Guten Morgen,",
    patterns="""Können Sie uns bitte {t} das {n} schicken?|Wir haben mit {w} gesprochen, das {n} ist leider {a}.|
    Ich melde mich {t} wegen dem {n} und dem {m}.|Das {m} kostet {x} Euro, das ist mehr als vereinbart.|
    Anbei das {n}, das {m} folgt {t}.|Hat {w} Ihnen gesagt, dass das {n} noch nicht angekommen ist?|
    Wie {t} besprochen, hängt das {n} vom {m} ab, und niemand hat entschieden.|Wollen wir uns {t} treffen?|
    Unser {n} ist schon wieder {a}, das ist jetzt das dritte Mal seit dem neuen {m}.|
    {w} ist {t} unterwegs, rufen Sie bitte mich an.|Sonst fehlt nichts, vielen Dank für das {n}.|
    Wir hatten {x} Stück bestellt und nur die Hälfte bekommen.|Gibt es etwas Neues zum {n}?|
    Die Kollegen im Lager fragen, ob man das {m} ohne zusätzliche Kosten umstellen könnte.|
    Für uns wäre es wichtig, dass das {n} {t} fertig wird, weil sonst das {m} stehen bleibt.|
    Ich habe das {n} unter der Nummer {x} abgelegt.|Das passt mir gut, {t} bin ich im Büro.""",
    things="""Angebot Muster Gerüst Geländer Ventil Lager Gutachten Protokoll Konzept Bauteil Formular Programm Modell
    Werkzeug Fahrzeug Dach Büro Zertifikat Lastenheft Material Blech Rohr Getriebe Gerät Passwort Netzteil Gelenk
    Schreiben Paket Treffen Geschoss Fenster Grundstück Ergebnis Maß Handbuch Budget Projekt Gehäuse Förderband""",
    qualities="undicht|fertig|falsch|beschädigt|zu schwer|zu klein|unvollständig|überfällig|ungeklärt|defekt",
    times="""morgen|am Montag|am Dienstagvormittag|bis Freitag|nächste Woche|heute Nachmittag|Ende des Monats|im März|
    am 14.|nach Ostern|um zehn Uhr|in zwei Wochen|demnächst""",
    closings="Mit freundlichen Grüßen|Viele Grüße|Beste Grüße|Liebe Grüße|Freundliche Grüße|Grüße aus Köln",
    titles="Projektleiterin|Vertrieb|Einkauf|Geschäftsführer|Technischer Leiter|Buchhaltung",
    wrote="Am {day} schrieb {who}:",
    labels=("Von", "Gesendet", "An", "Betreff"),
    divider="-----Ursprüngliche Nachricht-----",
)
_FRENCH = Tongue(
    code="fr",
    charset="utf-8",
    greetings="Bonjour {w},|Bonjour,|Madame, Monsieur,|Chère {w},|Bonjour à tous,",
    patterns="""Pourriez-vous nous envoyer le {n} {t} ?|Nous avons regardé le {n} avec {w}, le {m} semble {a}.|
    Je reviens vers vous {t} au sujet du {n}.|Le {m} coûte {x} euros, c'est plus que prévu.|
    Vous trouverez ci-joint le {n} ainsi que le {m}.|Est-ce que {w} vous a dit que le {n} n'est pas arrivé ?|
    Comme convenu {t}, le {n} dépend du {m} et personne n'a décidé.|On se voit {t} pour parler du {n} ?|
    Notre {n} est encore {a}, c'est la troisième fois depuis le nouveau {m}.|Avez-vous des nouvelles du {n} ?|
    {w} est en déplacement {t}, appelez-moi plutôt.|Il ne manque rien d'autre, merci pour le {n}.|
    Nous en avions commandé {x} et nous n'avons reçu que la moitié.|Cela me convient, {t} je serai au bureau.|
    Les collègues de l'entrepôt demandent si le {m} peut être déplacé sans payer deux fois.""",
    things="""devis plan contrat rapport dossier matériel chantier logiciel serveur badge calendrier cahier document
    échantillon moteur tuyau rendez-vous garde-corps permis câble conteneur véhicule bureau
    catalogue budget formulaire""",
    qualities="définitif|faux|incomplet|cassé|trop lourd|urgent|signé|égaré|validé|provisoire|bruyant",
    times="demain|lundi|mardi matin|avant vendredi|la semaine prochaine|cet après-midi|fin mars|à dix heures|bientôt",
    closings="Cordialement,|Bien cordialement,|Bien à vous,|Merci d'avance,|Salutations,",
    titles="Chef de projet|Directrice|Responsable des achats|Comptabilité|Service commercial",
    wrote="Le {day}, {who} a écrit :",
    labels=("De", "Envoyé", "À", "Objet"),
    divider="-----Message d'origine-----",
)
TONGUES: Final = (_ENGLISH, _ENGLISH, _ENGLISH, _GERMAN, _FRENCH)
_FIRST: Final = """
Ana Ben Cleo Dora Emil Farah Greta Hugo Ines Jörg Kim Léa Milan Nora Oskar Paula Quentin Rosa Sven Tanja Ulf Vera Wim
Xenia Yusuf Zoé Anton Berta Carl Denise Erik Fiona Gerd Hanna Igor Jana Karl Lena Max Nina
"""
_LAST: Final = """
Abel Berg Castell Dahl Evers Fischer Gruber Hansen Ivory Jansen Köhler Lambert Moreau Nielsen Ohm Petit Quast Richter
Sand Tanner Ude Vogel Winter Young Zeller Ashby Brook Carter Dubois Ellis Frost Garnier Hill
"""
FIRST: Final = _FIRST.split()
LAST: Final = _LAST.split()
CLIENTS: Final = (
    "tidewater",
    "bluepeak",
    "harbour",
    "quarry",
    "lantern",
    "meadow",
    "copper",
    "willow",
    "orchard",
    "granite",
)
STRANGERS: Final = (
    "printworks",
    "parcels",
    "rail-tickets",
    "software-news",
    "towncouncil",
    "insurer",
    "recruiters",
    "webshop",
)
