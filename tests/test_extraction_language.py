"""The language of short business mail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extraction.language import detect_language

SENTENCES = {
    "en": [
        "Could you send us the revised offer by Friday?",
        "The delivery arrived two days late again.",
        "Thanks for the quick call yesterday.",
        "We will let you know after the board meeting.",
        "Please find the signed contract attached.",
        "Any news on invoice 4711?",
        "Our login has stopped working since the update.",
        "Tuesday at ten works for me.",
        "I am still waiting for an answer to my last mail.",
    ],
    "de": [
        "Könnten Sie uns bitte das neue Angebot schicken?",
        "Die Lieferung kam schon wieder zu spät.",
        "Vielen Dank für das Gespräch gestern.",
        "Wir melden uns nach der Sitzung bei Ihnen.",
        "Im Anhang finden Sie den unterschriebenen Vertrag.",
        "Gibt es Neuigkeiten zur Rechnung 4711?",
        "Seit dem Update funktioniert die Anmeldung nicht mehr.",
        "Dienstag um zehn passt mir gut.",
        "Ich warte noch immer auf eine Antwort.",
    ],
    "fr": [
        "Pourriez-vous nous envoyer la nouvelle offre avant vendredi ?",
        "La livraison est encore arrivée en retard.",
        "Merci pour votre appel d'hier.",
        "Nous reviendrons vers vous après la réunion.",
        "Veuillez trouver le contrat signé en pièce jointe.",
        "Avez-vous des nouvelles de la facture 4711 ?",
        "La connexion ne fonctionne plus depuis la mise à jour.",
        "Mardi à dix heures me convient.",
        "J'attends toujours une réponse à mon message.",
    ],
    "es": [
        "¿Podría enviarnos la nueva oferta antes del viernes?",
        "El pedido ha llegado otra vez con retraso.",
        "Gracias por la llamada de ayer.",
        "Le informaremos después de la reunión.",
        "Adjunto encontrará el contrato firmado.",
        "¿Hay alguna novedad sobre la factura 4711?",
        "Desde la actualización no podemos iniciar sesión.",
        "El martes a las diez me viene bien.",
        "Sigo esperando una respuesta a mi último correo.",
    ],
    "nl": [
        "Kunt u ons de nieuwe offerte voor vrijdag sturen?",
        "De levering kwam weer twee dagen te laat.",
        "Bedankt voor het gesprek van gisteren.",
        "Wij laten het u weten na de vergadering.",
        "In de bijlage vindt u het ondertekende contract.",
        "Is er nieuws over factuur 4711?",
        "Sinds de update werkt het inloggen niet meer.",
        "Dinsdag om tien uur komt mij goed uit.",
        "Ik wacht nog steeds op een antwoord.",
    ],
    "it": [
        "Potrebbe inviarci la nuova offerta entro venerdì?",
        "La consegna è arrivata di nuovo in ritardo.",
        "Grazie per la telefonata di ieri.",
        "Vi faremo sapere dopo la riunione.",
        "In allegato trova il contratto firmato.",
        "Ci sono novità sulla fattura 4711?",
        "Dopo l'aggiornamento l'accesso non funziona più.",
        "Martedì alle dieci per me va bene.",
        "Sto ancora aspettando una risposta alla mia mail.",
    ],
    "pt": [
        "Poderia enviar-nos a nova proposta até sexta-feira?",
        "A entrega chegou outra vez com atraso.",
        "Obrigado pela chamada de ontem.",
        "Daremos notícias depois da reunião.",
        "Segue em anexo o contrato assinado.",
        "Há novidades sobre a fatura 4711?",
        "Desde a atualização não conseguimos entrar no sistema.",
        "Terça-feira às dez fica bem para mim.",
        "Continuo à espera de uma resposta ao meu e-mail.",
    ],
}


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in SENTENCES.items() for text in texts])
def test_a_sentence_of_business_mail_is_recognised(code: str, text: str) -> None:
    """One sentence is enough in the languages people write to us in."""
    assert detect_language(text) == code


@pytest.mark.parametrize("text", ["", "   \n", "OK", "4711 / 12.03.", "+49 30 123456", "https://example.com/"])
def test_too_little_text_is_undetermined(text: str) -> None:
    """Numbers, links and single short words have no language."""
    assert detect_language(text) == "und"


@given(st.text(max_size=300))
def test_any_text_gets_a_code_and_always_the_same(text: str) -> None:
    """Detection never raises and does not depend on what was asked before."""
    found = detect_language(text)

    assert found == "und" or (len(found) == 2 and found.islower())
    assert detect_language(text) == found
