"""Domains where anybody gets an address: they say nothing about who somebody works for (SEMANTICS 1)."""

FREE_MAIL = frozenset(
    """
    126.com 163.com 1und1.de aim.com alice.it aol.com aol.de arcor.de att.net bell.net bellsouth.net bigpond.com
    bluewin.ch bol.com.br btinternet.com charter.net comcast.net cox.net earthlink.net eclipso.de email.de fastmail.com
    fastmail.fm free.fr freenet.de gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.net googlemail.com hey.com hotmail.co.uk
    hotmail.com hotmail.de hotmail.es hotmail.fr hotmail.it hushmail.com icloud.com inbox.com inbox.lv kabelmail.de
    laposte.net libero.it live.com live.de live.fr live.nl mac.com mail.com mail.de mail.ru mailbox.org me.com msn.com
    naver.com neuf.fr o2.pl o2online.de online.de optonline.net orange.fr outlook.com outlook.de outlook.fr pacbell.net
    pm.me posteo.de posteo.net proton.me protonmail.ch protonmail.com qq.com rambler.ru rediffmail.com rogers.com
    sbcglobal.net seznam.cz sfr.fr shaw.ca sina.com skynet.be sympatico.ca t-online.de telenet.be tiscali.it tuta.com
    tutanota.com tutanota.de verizon.net virgilio.it wanadoo.fr web.de wp.pl yahoo.ca yahoo.co.in yahoo.co.jp yahoo.co.uk
    yahoo.com yahoo.com.br yahoo.de yahoo.es yahoo.fr yahoo.it yandex.com yandex.ru ymail.com zoho.com ziggo.nl
    """.split()
)
