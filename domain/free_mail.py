"""Domains where anybody can have an address: people there belong to an account by exact address only (SEMANTICS 1)."""

FREE_MAIL_DOMAINS = frozenset(
    """
    gmail.com googlemail.com outlook.com outlook.de outlook.fr hotmail.com hotmail.co.uk hotmail.de hotmail.fr
    hotmail.it hotmail.es live.com live.co.uk live.de live.fr live.nl msn.com passport.com
    yahoo.com yahoo.co.uk yahoo.de yahoo.fr yahoo.it yahoo.es yahoo.ca yahoo.co.in yahoo.co.jp yahoo.com.au yahoo.com.br
    ymail.com rocketmail.com aol.com aol.de aim.com compuserve.com netscape.net
    icloud.com me.com mac.com proton.me protonmail.com protonmail.ch pm.me tutanota.com tutanota.de tuta.io tuta.com
    fastmail.com fastmail.fm hey.com hushmail.com zoho.com zohomail.com mail.com email.com inbox.com usa.com
    gmx.de gmx.net gmx.com gmx.at gmx.ch gmx.fr web.de freenet.de t-online.de arcor.de posteo.de posteo.net mailbox.org
    kabelmail.de vodafone.de o2online.de bluewin.ch hispeed.ch sunrise.ch aon.at chello.at a1.net
    orange.fr wanadoo.fr free.fr laposte.net sfr.fr bbox.fr neuf.fr voila.fr
    libero.it virgilio.it tiscali.it alice.it tin.it terra.es telefonica.net
    btinternet.com blueyonder.co.uk ntlworld.com sky.com talktalk.net virginmedia.com
    ziggo.nl kpnmail.nl planet.nl home.nl xs4all.nl hetnet.nl telenet.be skynet.be scarlet.be
    online.no telia.com comhem.se bredband.net mail.dk wp.pl o2.pl onet.pl interia.pl gazeta.pl
    seznam.cz centrum.cz email.cz azet.sk freemail.hu citromail.hu abv.bg
    mail.ru bk.ru list.ru inbox.ru yandex.ru yandex.com rambler.ru ukr.net
    comcast.net verizon.net att.net sbcglobal.net bellsouth.net cox.net charter.net earthlink.net juno.com optonline.net
    rogers.com shaw.ca sympatico.ca telus.net bigpond.com optusnet.com.au xtra.co.nz
    uol.com.br bol.com.br terra.com.br ig.com.br
    qq.com 163.com 126.com sina.com sohu.com foxmail.com yeah.net naver.com daum.net hanmail.net rediffmail.com
    """.split()  # noqa: SIM905 - read and kept as prose
)
"""Lower-cased; the large providers, kept by hand."""
