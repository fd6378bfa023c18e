"""Pages for the table of stories: twenty good ones that look suspicious, and six other languages.

The good pages were marked by hand: each is worth keeping, and each has something for which a crude
filter throws pages away. Nobody has to agree; that is what they are for.
A page in another language takes one sentence out of each of its groups.
Left out on purpose: facts. Nothing here is about anything that happened.
"""

from typing import NamedTuple


class MarkedPage(NamedTuple):
    """A good page, what a filter may hold against it, and how sure a classifier is of English."""

    kind: str
    suspicion: str
    score: float
    text: str


MARKED_PAGES = (
    MarkedPage(
        "poem",
        "short lines, few words in each",
        0.93,
        """The Well

I dropped a stone
into the well
and waited.

I counted one,
I counted two,
I counted, and the dark
said nothing.

At nine
it answered
with a sound so small
that only somebody
who had been waiting
could have heard it.

So I dropped
another stone,
and this time
I was the one
who held his breath,
and the well
was the one
that listened.""",
    ),
    MarkedPage(
        "recipe",
        "many numbers and a list",
        0.71,
        """Pancakes for four

2 cups (250 g) flour
2 eggs
1 1/2 cups (350 ml) milk
1/2 teaspoon salt
1 tablespoon sugar
30 g butter

1. Mix flour, salt and sugar in a large bowl.
2. Beat the eggs with 100 ml of the milk, then stir them in.
3. Add the other 250 ml slowly, so that there are no lumps. Wait 20 minutes.
4. Melt a little butter at medium heat. Pour in 60 ml at a time.
5. Turn each one after 90 seconds, or when the edge looks dry. Bake 60 seconds more.

Makes 12. They keep for 2 days at 4 degrees, but nobody has ever seen it.""",
    ),
    MarkedPage(
        "code",
        "more signs than words",
        0.68,
        """How to count words in Python

A dictionary keeps one number for each word. We walk over the text once:

    counts = {}
    for word in text.lower().split():
        counts[word] = counts.get(word, 0) + 1

    for word, n in sorted(counts.items(), key=lambda pair: -pair[1])[:10]:
        print(f"{n:6d}  {word}")

The second argument of get() is what comes back for a word that is not there yet. Without it the
first word of all would end in a KeyError. The minus sign in key=... puts the largest counts first.
Try it on a page of your own: the commonest words are nearly always the same small ones.""",
    ),
    MarkedPage(
        "packing list",
        "every line is a bullet",
        0.95,
        """What to pack for three days in the mountains

- boots that you have already walked in
- two pairs of wool socks, and one pair that stays dry
- a rain jacket, even if the sky is blue
- a warm sweater for the evening
- a map on paper, because batteries die
- a knife, a spoon and a cup
- bread, cheese, apples and more chocolate than you think
- two bottles of water
- a light that you can wear on your head
- plasters for your heels
- a whistle: six calls in a minute mean that you need help
- a book that is thin
- somebody to read it to""",
    ),
    MarkedPage(
        "dialog",
        "nearly every line is a quotation",
        0.96,
        """"Is it far?"

"Farther than yesterday."

"Yesterday you said it was just behind the hill."

"Yesterday we were in front of another hill."

"I am hungry."

"There is an apple in the bag."

"There was an apple in the bag."

"Oh."

"It was a small one. What is it like, where we are going?"

"There is a tree, and a table under it, and somebody has put bread on the table."

"Who?"

"You will know her when you see her. She has your nose."

"Is it far?"

"Give me your hand. Not any more." """.rstrip(),
    ),
    MarkedPage(
        "song",
        "lines that come again and again",
        0.91,
        """Oh, the ferry goes over, the ferry goes back,
with a goat and a piano, a hen and a sack,
and the ferryman sings, for the river is wide:
"There is always somebody on the other side."

Oh, the ferry goes over, the ferry goes back,
with a bride all in white and a priest all in black,
and the ferryman sings, for the river is wide:
"There is always somebody on the other side."

Oh, the ferry goes over, the ferry goes back,
and the moon is a lamp on the watery track,
and the ferryman sleeps, but the river is wide,
and there's always somebody on the other side.""",
    ),
    MarkedPage(
        "timetable",
        "a table of figures",
        0.66,
        """Boats from the harbor to the islands, summer

Boat    Harbor   Goose Island   Long Island   Lighthouse
1       06:10    06:35          07:05         07:40
2       09:10    09:35          10:05         10:40
3       12:40    13:05          13:35         14:10
4 (a)   16:10    16:35          17:05         -
5 (b)   19:30    19:55          20:25         21:00

(a) Does not sail to the lighthouse when the wind is stronger than force 6.
(b) Fridays and Saturdays only. Please tell the crew where you want to get off, because after dark
they do not stop at an empty pier.

Tickets are sold on board. Children under 6 and bicycles travel free, dogs pay half.""",
    ),
    MarkedPage(
        "haiku",
        "much too short",
        0.87,
        """Three for the winter

The snow has no name.
It falls on the mayor's hat
and on the donkey.

One light in the street.
Behind it somebody learns
to play the trombone.

Ice on the bucket.
My face looks up out of it,
a year older now.""",
    ),
    MarkedPage(
        "letter",
        "begins and ends like boilerplate",
        0.97,
        """Dear Mister Oberon,

thank you for your letter of May 3, in which you ask us to return your umbrella. We have looked in
the box of lost things. It contains 41 umbrellas, of which 38 are black. You write that yours is
black, too.

May we ask you to come by on any weekday between 9 and 5? Bring a rainy day, if you can. We have
found that people know their own umbrella at once when they need it, and never when they do not.

Yours sincerely,
the Office of Lost Things, Room 12 (second floor, please ring twice)""",
    ),
    MarkedPage(
        "glossary",
        "no sentences, many colons",
        0.92,
        """Small words of the sea

aft: toward the back of the ship
bow: the front of the ship, which arrives first
fathom: six feet of depth, as far as a sailor can stretch both arms
galley: the kitchen, where everything that can slide does slide
knot: one sea mile in an hour; also what holds everything together
lee: the side away from the wind, where one can light a pipe
port: left, when you look to the bow
starboard: right, when you look to the bow
stern: the very back, from which one waves
swell: waves that remember a storm which is long over""",
    ),
    MarkedPage(
        "knitting pattern",
        "abbreviations that look like noise",
        0.54,
        """A scarf for a cold neck

Cast on 32 stitches. k = knit, p = purl, * = repeat from here.

Row 1: *k2, p2* to the end.
Row 2: *k2, p2* to the end.
Row 3: k1, *p2, k2*, p2, k1.
Row 4: p1, *k2, p2*, k2, p1.

Repeat rows 1-4 until the scarf is as long as you are, or until the wool ends (about 190 rows from
3 balls). Bind off loosely; a tight edge curls. Wash it once in lukewarm water, lay it flat on a
towel, and do not let the cat know about it until it is dry.""",
    ),
    MarkedPage(
        "chess game",
        "letters and digits without words",
        0.61,
        """A short game, with remarks

1. e4 e5 2. Nf3 d6 3. Bc4 Bg4 4. Nc3 g6

Black has pinned the knight and feels safe. But a pin only holds what is worth less than what stands
behind it, and a king is worth more than a queen.

5. Nxe5! Bxd1 6. Bxf7+ Ke7 7. Nd5#

White gave up the queen and gave mate two moves later with three small pieces: the knight on e5
guards d7, the bishop guards e8 and e6, and the other knight says check. Play it on a board before
you believe it.""",
    ),
    MarkedPage(
        "questions and answers",
        "every second line is a question",
        0.97,
        """Questions about the moon, asked by class 2b

Does the moon follow us?
No. It is so far away that it seems to stand still while the trees go past.

Is it as big as the sun?
It looks so, because it is nearer. The sun is about 400 times as wide and about 400 times as far.

Who lives there?
Nobody. Twelve people have been there, and all of them came home.

Why is it sometimes a banana?
Because we see only the part on which the sun shines, and we see it from the side.

Can it fall down?
It is falling all the time. It always misses.""",
    ),
    MarkedPage(
        "arithmetic",
        "signs and figures",
        0.72,
        """Why 0.999... is 1

Call the number x = 0.999... with nines that never end.
Then 10x = 9.999...
Take x away on both sides: 10x - x = 9.999... - 0.999...
So 9x = 9, and x = 1.

Is that a trick? Look at it another way: 1/3 = 0.333..., and 3 * 0.333... = 0.999..., but
3 * (1/3) = 1. Or ask which number lies between 0.999... and 1. If two numbers differ, there is one
between them: half the way. Here there is no room for it. So the two are one number that has been
written down in two ways.""",
    ),
    MarkedPage(
        "tongue twisters",
        "the same words over and over",
        0.83,
        """Say each of them three times, faster every time

Six sick chicks sit on six slick bricks.
Three free throws. Three free throws. Three free throws.
The sheep on the ship slipped on the sheet of sleet.
A big black bug bit a big black bear, and the big black bear bit back.
Which wristwatch is a Swiss wristwatch?
Fresh fried fish, fish fresh fried, fried fish fresh, fresh fish fried.
If your mouth is in a knot after that, drink a glass of water and begin again with the chicks.""",
    ),
    MarkedPage(
        "menu",
        "prices, dots, hardly a verb",
        0.63,
        """The Blue Spoon, lunch

Pea soup with mint ............ 4.50
Bread from this morning ....... 1.00
Potatoes, butter, salt ........ 5.00
Trout, if Anna caught one ..... 11.00
Trout, if she did not ......... 0.00
Dumplings with plums .......... 6.50
Cheese of the hill farm ....... 5.50
Coffee ........................ 2.00
Water from the well ........... 0.00

Children eat half and pay half. Who washes up eats for nothing. On Mondays we are closed, because
on Sundays we go dancing.""",
    ),
    MarkedPage(
        "weather report",
        "figures and abbreviations",
        0.78,
        """Weather for the coast, Tuesday 6 a.m.

Pressure 1009 hPa, falling. Wind SW 4 to 5, in gusts 7. Sea 1.5 m. Visibility 8 km, in showers 2 km.

Through the morning a band of rain moves in from the west, 6 to 10 mm by noon. Behind it the air is
clear and cold: 9 degrees at 3 p.m., 4 at night, and on the high ground the first frost. Small boats
should be back by 11. Tomorrow the wind turns to NW and dies down, so that in the evening one will
hear the buoys.""",
    ),
    MarkedPage(
        "telegram story",
        "capitals, full stops, no small words",
        0.58,
        """ARRIVED SAFELY STOP HOTEL SMALL BUT HAS VIEW OF OTHER HOTEL STOP LUGGAGE WENT TO LISBON
STOP AM WEARING TROUSERS OF THE COOK STOP THE COOK IS VERY LARGE STOP WEATHER FINE STOP

LUGGAGE FOUND STOP IT HAD A BETTER HOLIDAY THAN I STOP COOK ASKS FOR HIS TROUSERS STOP HAVE GROWN
FOND OF THEM STOP SEND MONEY STOP

KEEP THE MONEY STOP AM STAYING STOP COOK NEEDS SOMEBODY WHO CAN PEEL STOP VIEW IMPROVES EVERY DAY
STOP SEND MY OTHER HAT STOP""",
    ),
    MarkedPage(
        "phrase book",
        "half of it in another language",
        0.52,
        """Ten words of French for the bakery

bonjour - good day; say it first, and to everybody
une baguette - a long loaf, to be eaten on the way home
un pain - a bigger one
encore chaud - still warm
celui-ci - this one here
un peu plus cuit - baked a little more
c'est tout - that is all
merci - thank you
bonne journée - have a good day
à demain - until tomorrow, which is when you will come back

With these ten you can live for a week. Point at whatever has no name yet.""",
    ),
    MarkedPage(
        "diary",
        "dots everywhere",
        0.94,
        """Day 1. No wind... The sails hang like washing. Two fish looked at us and went on.

Day 2. No wind... The captain whistles, which is said to help. It does not help.

Day 3. No wind... Played cards. Lost my boots to the cook, won them back, lost them again...

Day 4. Something moved... It was the captain's beard. So there is some air, but only up there...

Day 5. Wind! From the wrong side... but who would complain? By noon we made six knots, backward, and
everybody sang...

Day 6. Land... not the one that we were looking for. It has palm trees and a band. We stay.""",
    ),
)

# The first group is the morning, then weather, market, whom one meets, food and the evening.
OTHER_LANGUAGES = {
    "fr": """
Ce matin, je me suis levé avant le soleil parce que le coq du voisin ne voulait pas se taire.
Hier, ma sœur a décidé que nous irions à pied jusqu'au village.
Le dimanche, toute la rue sent le café et le pain grillé.
Quand j'ai ouvert la fenêtre, la brume cachait encore la rivière.

Il avait plu toute la nuit, et les escargots traversaient le chemin sans se presser.
Le vent soufflait si fort que les chapeaux partaient tout seuls.
Il faisait froid, mais le ciel était aussi clair que de l'eau.
Les nuages passaient lentement au-dessus des toits, comme des moutons fatigués.

Au marché, une vieille dame vendait des pommes qu'elle connaissait toutes par leur nom.
À la boulangerie, il ne restait plus qu'une seule baguette, et nous étions trois à la vouloir.
J'ai acheté du fromage, deux poires et un journal que je n'ai pas lu.
Le poissonnier chantait plus fort que les cloches de l'église.

Devant la mairie, j'ai rencontré mon ancien professeur, qui cherchait les lunettes qu'il portait.
Sur le pont, un garçon pêchait avec une ficelle, et un chat attendait à côté de lui.
Mon ami Julien m'a demandé si je voulais l'aider à réparer son bateau.
Une petite fille m'a montré l'oiseau qu'elle avait trouvé sous la haie.

À midi, nous avons mangé une soupe si chaude que personne n'a parlé.
Nous avons partagé le pain en quatre, et le chien a eu le plus gros morceau.
Ma grand-mère a préparé un gâteau aux prunes, comme chaque année à la même date.
Il n'y avait qu'une cuillère, alors nous avons mangé chacun à notre tour.

Le soir, nous sommes rentrés par la forêt en comptant les étoiles.
Avant de dormir, j'ai écrit tout cela dans mon cahier pour ne rien oublier.
Quand la lune s'est levée, tout le monde dansait encore sur la place.
Depuis ce jour-là, je ferme toujours le portail à clé.
""",
    "de": """
Heute bin ich vor der Sonne aufgestanden, weil der Hahn des Nachbarn nicht schweigen wollte.
Gestern beschloss meine Schwester, dass wir zu Fuß ins Dorf gehen.
Am Sonntag riecht die ganze Straße nach Kaffee und frischem Brot.
Als ich das Fenster aufmachte, lag der Nebel noch über dem Fluss.

Es hatte die ganze Nacht geregnet, und die Schnecken überquerten gemächlich den Weg.
Der Wind war so stark, dass die Hüte von allein davonflogen.
Es war kalt, aber der Himmel war so klar wie Wasser.
Die Wolken zogen langsam über die Dächer wie müde Schafe.

Auf dem Markt verkaufte eine alte Frau Äpfel, die sie alle beim Namen kannte.
Beim Bäcker gab es nur noch ein einziges Brot, und wir waren zu dritt.
Ich kaufte Käse, zwei Birnen und eine Zeitung, die ich dann doch nicht las.
Der Fischhändler sang lauter als die Glocken der Kirche.

Vor dem Rathaus traf ich meinen alten Lehrer, der die Brille suchte, die er auf der Stirn trug.
Auf der Brücke angelte ein Junge mit einer Schnur, und neben ihm wartete eine Katze.
Mein Freund Jakob fragte mich, ob ich ihm mit seinem Boot helfen könnte.
Ein kleines Mädchen zeigte mir den Vogel, den es unter der Hecke gefunden hatte.

Mittags aßen wir eine Suppe, die so heiß war, dass niemand sprach.
Wir teilten das Brot in vier Stücke, und der Hund bekam das größte.
Meine Großmutter backte einen Pflaumenkuchen, wie jedes Jahr um diese Zeit.
Es gab nur einen Löffel, also aßen wir der Reihe nach.

Am Abend gingen wir durch den Wald nach Hause und zählten die Sterne.
Vor dem Schlafen schrieb ich alles in mein Heft, damit ich nichts vergesse.
Als der Mond aufging, tanzten auf dem Platz noch immer alle.
Seit diesem Tag schließe ich das Gartentor immer ab.
""",
    "es": """
Esta mañana me levanté antes que el sol porque el gallo del vecino no quería callarse.
Ayer mi hermana decidió que iríamos andando hasta el pueblo.
Los domingos toda la calle huele a café y a pan tostado.
Cuando abrí la ventana, la niebla todavía escondía el río.

Había llovido toda la noche, y los caracoles cruzaban el camino sin prisa.
El viento soplaba tan fuerte que los sombreros se iban solos.
Hacía frío, pero el cielo estaba claro como el agua.
Las nubes pasaban despacio sobre los tejados, como ovejas cansadas.

En el mercado, una anciana vendía manzanas y las conocía a todas por su nombre.
En la panadería solo quedaba una barra de pan, y la queríamos tres personas.
Compré queso, dos peras y un periódico que al final no leí.
El pescadero cantaba más fuerte que las campanas de la iglesia.

Delante del ayuntamiento vi a mi antiguo maestro, que buscaba las gafas que llevaba en la frente.
En el puente, un niño pescaba con un cordel, y a su lado esperaba un gato.
Mi amigo Julián me preguntó si podía ayudarle a arreglar su barca.
Una niña me enseñó el pájaro que había encontrado debajo del seto.

A mediodía comimos una sopa tan caliente que nadie habló.
Repartimos el pan en cuatro trozos, y el perro se quedó con el más grande.
Mi abuela hizo una tarta de ciruelas, como cada año por estas fechas.
Solo había una cuchara, así que comimos por turnos.

Por la noche volvimos a casa por el bosque contando las estrellas.
Antes de dormir lo escribí todo en mi cuaderno para no olvidar nada.
Cuando salió la luna, todos seguían bailando en la plaza.
Desde aquel día siempre cierro la puerta del jardín con llave.
""",
    "ru": """
Сегодня я встал раньше солнца, потому что соседский петух никак не хотел молчать.
Вчера моя сестра решила, что мы пойдём в деревню пешком.
По воскресеньям вся улица пахнет кофе и свежим хлебом.
Когда я открыл окно, над рекой ещё лежал туман.

Всю ночь шёл дождь, и улитки не спеша переползали через дорогу.
Ветер был такой сильный, что шляпы улетали сами собой.
Было холодно, но небо было прозрачным, как вода.
Облака медленно плыли над крышами, как усталые овцы.

На рынке старушка продавала яблоки и каждое знала по имени.
В булочной остался только один батон, а нас было трое.
Я купил сыр, две груши и газету, которую так и не прочитал.
Продавец рыбы пел громче, чем звонили колокола.

Перед школой я встретил своего старого учителя, который искал очки у себя на лбу.
На мосту мальчик ловил рыбу на верёвочку, а рядом с ним ждала кошка.
Мой друг Миша спросил, не помогу ли я ему починить лодку.
Маленькая девочка показала мне птицу, которую нашла под кустом.

В обед мы ели такой горячий суп, что никто не разговаривал.
Мы разделили хлеб на четыре части, и самая большая досталась собаке.
Бабушка испекла пирог со сливами, как и каждый год в это время.
Ложка была только одна, поэтому мы ели по очереди.

Вечером мы шли домой через лес и считали звёзды.
Перед сном я всё записал в тетрадь, чтобы ничего не забыть.
Когда взошла луна, на площади всё ещё танцевали.
С того дня я всегда запираю калитку на ключ.
""",
    "hi": """
आज मैं सूरज से पहले उठ गया, क्योंकि पड़ोसी का मुर्गा चुप ही नहीं हो रहा था।
कल मेरी बहन ने तय किया कि हम गाँव तक पैदल जाएँगे।
रविवार को पूरी गली में चाय और ताज़ी रोटी की खुशबू आती है।
जब मैंने खिड़की खोली, तो नदी पर अब भी कोहरा छाया हुआ था।

रात भर बारिश हुई थी और घोंघे धीरे-धीरे रास्ता पार कर रहे थे।
हवा इतनी तेज़ थी कि टोपियाँ अपने आप उड़ रही थीं।
ठंड थी, लेकिन आसमान पानी की तरह साफ़ था।
बादल थकी हुई भेड़ों की तरह छतों के ऊपर धीरे-धीरे चल रहे थे।

बाज़ार में एक बूढ़ी औरत सेब बेच रही थी और हर सेब को नाम से जानती थी।
दुकान में सिर्फ़ एक रोटी बची थी और हम तीन लोग थे।
मैंने पनीर, दो नाशपातियाँ और एक अख़बार ख़रीदा, जिसे मैंने पढ़ा ही नहीं।
मछली बेचने वाला मंदिर की घंटियों से भी ऊँची आवाज़ में गा रहा था।

स्कूल के सामने मेरे पुराने अध्यापक वह चश्मा ढूँढ़ रहे थे, जो उनके माथे पर ही था।
पुल पर एक लड़का डोरी से मछली पकड़ रहा था और उसके पास एक बिल्ली बैठी थी।
मेरे दोस्त मोहन ने पूछा कि क्या मैं उसकी नाव ठीक करने में मदद करूँगा।
एक छोटी लड़की ने मुझे वह चिड़िया दिखाई, जो उसे झाड़ी के नीचे मिली थी।

दोपहर को हमने इतनी गरम दाल खाई कि कोई कुछ नहीं बोला।
हमने रोटी के चार टुकड़े किए और सबसे बड़ा टुकड़ा कुत्ते को मिला।
दादी ने हर साल की तरह इस बार भी खीर बनाई।
चम्मच एक ही था, इसलिए हमने बारी-बारी से खाया।

शाम को हम तारे गिनते हुए जंगल के रास्ते घर लौटे।
सोने से पहले मैंने सब कुछ अपनी कॉपी में लिख लिया, ताकि कुछ भूल न जाऊँ।
जब चाँद निकला, तब भी सब लोग मैदान में नाच रहे थे।
उस दिन से मैं बगीचे का दरवाज़ा हमेशा बंद रखता हूँ।
""",
    "ar": """
استيقظت اليوم قبل شروق الشمس لأن ديك الجيران لم يكفّ عن الصياح.
قررت أختي أمس أن نذهب إلى القرية سيرًا على الأقدام.
في يوم الجمعة تفوح من الشارع كله رائحة القهوة والخبز الطازج.
عندما فتحت النافذة كان الضباب ما زال يغطي النهر.

كان المطر قد هطل طوال الليل، وكانت الحلزونات تعبر الطريق على مهل.
كانت الريح قوية جدًا حتى إن القبعات كانت تطير وحدها.
كان الجو باردًا، لكن السماء كانت صافية مثل الماء.
كانت الغيوم تمر ببطء فوق السطوح مثل خراف متعبة.

في السوق كانت امرأة عجوز تبيع التفاح وتعرف كل تفاحة باسمها.
لم يبق في المخبز إلا رغيف واحد، وكنا ثلاثة أشخاص.
اشتريت جبنًا وحبتي إجاص وجريدة لم أقرأها.
كان بائع السمك يغني بصوت أعلى من ضجيج السوق كله.

أمام المدرسة التقيت بمعلمي القديم، وكان يبحث عن نظارته وهي على جبينه.
على الجسر كان ولد يصطاد السمك بخيط، وكانت قطة تنتظر بجانبه.
سألني صديقي سامي إن كنت أستطيع مساعدته في إصلاح قاربه.
أرتني فتاة صغيرة العصفور الذي وجدته تحت الشجيرة.

عند الظهر أكلنا حساءً ساخنًا جدًا حتى إن أحدًا لم يتكلم.
قسمنا الخبز أربع قطع، وكانت القطعة الكبرى من نصيب الكلب.
أعدّت جدتي كعكة التمر كما تفعل كل سنة في مثل هذا الوقت.
لم يكن لدينا إلا ملعقة واحدة، فأكلنا بالدور.

في المساء عدنا إلى البيت عبر الغابة ونحن نعدّ النجوم.
قبل النوم كتبت كل شيء في دفتري حتى لا أنسى شيئًا.
عندما طلع القمر كان الناس ما زالوا يرقصون في الساحة.
منذ ذلك اليوم وأنا أقفل باب الحديقة دائمًا.
""",
}
