"""The table from which the small stories are told: open it, change it, tell your own.

How to read it stands in `grammar.py`. Each story has a hero and a friend, one a girl and one a boy,
so that `he` and `she` never leave in doubt who is meant. What happens is drawn once as a whole (a
hole in the pocket, a thief with wings), with its beginning, its middle and its end as fields: so
causes fit what they cause, and what was lost is what is found.
Left out on purpose: stories that are all different in kind; there are eight plots.
"""

STORY_TABLE = """
story
    1: {hero:girl}{friend:boy}[- / {who} ]{tale}
    1: {hero:boy}{friend:girl}[- / {who} ]{tale}

tale
    5: {thing:treasure}{place:place}{loss:loss}{lost}[4: - /  {last}]
    4: {thing:wish}{price:price}{job:job}{luck:luck}{saved}
    4: {thing:present}{given}[- / 1:  {last}]
    4: {fear:fear}{afraid}[- /  {last}]
    4: {animal:animal}{trap:trap}{rescued}[- /  {last}]
    3: {kin:elder}{load:load}{block:block}{carried}[- / 1:  {last}]
    3: {noise:noise}{watched}
    3: {thing:prize}{shared}[- / 1:  {last}]

who
    {hero} was a {nature} {hero.child} who {habit}.
    There was once a {nature} {hero.child} named {hero} who lived {home}[- /  with {hero.his}
            {elder} /  and {habit}].
    {hero} was {age} years old and {habit}.
    {hero} and {friend} went to the same school. {friend} was {age}, and {hero} {habit}.
    This is a story about a {hero.child} who {habit}. {hero.His} name was {hero}.

nature
    quiet / curious / small / brave / cheerful / thoughtful / tall / stubborn / dreamy / polite
    freckled / serious / noisy / forgetful

age
    seven / eight / nine / six / ten / eleven / nearly seven / eight and a half

habit
    liked to climb trees / asked a great many questions / collected stones / could whistle
    knew all the birds / talked to {hero.his} shoes / never wore a hat / wanted to be a sailor
    drew maps of places that did not exist / was always hungry / could not sit still
    read under the table / had a loose tooth / could walk on {hero.his} hands / counted everything
    had three brothers / slept with one eye open / sang in the bath / knew a joke about a camel
    was good at waiting / had once seen a whale / forgot nothing but {hero.his} gloves

last
    That night {hero} dreamed of {dream}.
    For supper they had {food}[- / , and {friend} stayed / , and nobody said a word until it was
            gone].
    "What a [day / story / week / Sunday]," said {friend}, and {hero} could only nod.
    {hero} told the whole story to {hero.his} {elder}, who [did not believe it / laughed until the
            cups shook / wanted to hear it again / had been just the same as a child].
    It was the best {daytime} of the {season}.
    {friend} still tells it to everybody, and every time it gets a little longer.
    They never told anybody, except [the cat / one snail / me].

dream
    {vision}[- /  and {sight}]

vision
    whales / a flying bed / a mountain of cake / ships / a talking horse / snow / tigers in hats
    a very small king / stairs without an end / blue elephants / the sea / a train full of hens

sight
    somebody who looked like the teacher / a door in a tree / music / a hundred umbrellas / soup
    an island / {friend} with wings / the moon, which was made of bread / a river of ink

food
    soup / pancakes / potatoes with butter / fish / noodles / bread and cheese / dumplings / cake
    rice with raisins / a very large omelet / beans / apple pie / pea soup, as always

scene
    The {air} smelled of {smell}.
    {Bird} [sat / slept / was waiting] on [a roof / a wire / a post / the gate / a chimney].
    Far away [a train / a dog / a bell / a ship / somebody with a trumpet] could be heard.
    The sky was as [blue / gray / white / clear] as [a plate / an old coat / milk / a washed
            window].
    Nobody else was [about / there / awake / out of doors], except [a cat / an old man with a cane /
            two sparrows / the mail carrier / a snail].

air
    air / wind / grass / whole world

smell
    rain / bread / apples / smoke / snow / salt / wet dogs / soap / cut hay / coffee / tar / mint

bird
    a crow / a blackbird / a pigeon / a gull / a robin / an owl that should have been asleep / a
            stork

girl
        child = girl
        he = she
        him = her
        his = her
        himself = herself
    Mia / Nora / Ada / Lena / Zoe / Leila / Clara / Rosa / Amina / Hana / Ines / Greta / Ruth
    Priya / Olga / Maya / Yuki / Sofia / Elsa / Tara / Iris / Emma / Vera / Lucia / Wanda / Kira
    Freya / Carmen / Dina / Marta / Esther / Lola / Gloria / Nadia / Fatima / Ivy / Alma / Selma

boy
        child = boy
        he = he
        him = him
        his = his
        himself = himself
    Tom / Ben / Omar / Leo / Max / Finn / Ali / Jonas / Hugo / Ravi / Noah / Theo / Sam
    Kofi / Emil / Ivan / Luca / Karim / Anton / Felix / Pedro / Nils / Oscar / Paul / Kenji / David
    Mateo / Otto / Simon / Tariq / Gustav / Henry / Igor / Rafael / Victor / Yusuf / Walter / Bruno

elder
    grandmother / grandfather / uncle / aunt / great-aunt / godmother

weather
    windy / sunny / cold / gray / quiet / foggy / bright / rainy / chilly / golden

daytime
    morning / afternoon / day / Sunday / Saturday / evening / Monday

junk
    an old shoe / a wet glove / three acorns / a rusty nail / half a biscuit / a sleeping snail
    a paper hat / a broken cup / a very small frog / a comb without teeth / somebody's homework
    the lid of a pot / two feathers / a spoon / a map of another town

home
    by the river / at the edge of the forest / above the bakery / in a village by the sea
    at the end of a long street / under the mountain / beside the railway / behind the mill
    in a house with a crooked roof / on the hill

# 1. Something small is lost and found. ------------------------------------------------------------

lost
    {lost_start} {lost_dear} {loss.gone}[2: - /  {dismay}] {lost_help} {lost_search} {loss.found}
            {loss.after}

lost_start
    One {weather} {daytime} {hero} went {place.to} with {hero.his} {thing.full}.[2: - /  {scene}]
    {hero} never went anywhere without {hero.his} {thing.full}, so it came along when {hero.he}
            walked {place.to} one {daytime}.
    {hero} owned {thing.a_full}, and one {weather} {daytime} {hero.he} took it {place.to}.[-
            /  {scene}]
    Last {season} {hero} ran {place.to}, and in {hero.his} pocket was {thing.a_full}.

season
    summer / autumn / spring / winter

lost_dear
    It was not worth much, but it {thing.gift}, and {hero} loved it.
    {hero.His} {elder} had given it to {hero.him}[- /  when {hero.he} was five /  for being brave],
            and it {thing.gift}.
    {hero} had found it [in the attic / in an old coat / under the stairs / at the bottom of a
            trunk], and it {thing.gift}.
    It {thing.gift}, so {hero.he} would not have changed it for [a pony / a ship / all the chocolate
            in the world / a castle].

lost_help
    "Why do you look so [sad / pale / worried / lost]?" asked {friend}, who [lived next door / was
            walking by / came along with a bag of plums / was just feeding the ducks].
    {hero} ran to {friend}{skilled} and told {friend.him} everything.
    {friend} saw {hero.his} face and came over at once. "We will find it," {friend.he} said.
    [Luckily / But] {friend} had come along, and {friend} had [sharp eyes / never given up on
            anything / once found a needle in a haystack / time].

dismay
    {hero.His} heart [fell into {hero.his} boots / stood still / was as heavy as a stone].
    {hero.He} [turned pale / nearly cried / looked again, and then once more / sat down on the
            spot].
    Suddenly {hero.he} was very [cold / tired / hungry / small].
    "No, no, no," said {hero}.

skilled
    - / , the best {champion} in [town / the street / the whole school / the third row],

champion
    runner / climber / finder of lost things / swimmer / whistler / listener / thinker / liar
    reader of tracks / keeper of secrets / tree climber / baker of rolls / asker of questions

lost_search
    Together they looked {place.near} and {place.far}, but they found only {junk}.
    They searched {place.near}, and there was nothing. They searched {place.far}, and found {junk}.
    First they looked {place.near}, then {place.far}. "I have {junk}," [said / sighed / called]
            {friend}, "but no {thing}."
    {friend} looked {place.near} while {hero} looked {place.far}. All they found was {junk}.

treasure evenly
    ring
        a_full = a silver ring
        full = silver ring
        gift = had once belonged to a sailor
    key
        a_full = an iron key
        full = iron key
        gift = opened a door that nobody had found yet
    marble
        a_full = a glass marble
        full = glass marble
        gift = had a tiny blue storm inside
    whistle
        a_full = a tin whistle
        full = tin whistle
        gift = could wake the whole street
    compass
        a_full = a brass compass
        full = brass compass
        gift = always knew the way
    coin
        a_full = an old coin
        full = old coin
        gift = had a ship on one side and a king on the other
    watch
        a_full = a pocket watch
        full = pocket watch
        gift = ticked like a small heart
    bell
        a_full = a little bell
        full = little bell
        gift = sang by itself in the wind
    button
        a_full = a golden button
        full = golden button
        gift = came from the coat of a captain
    lens
        a_full = a round lens
        full = round lens
        gift = made an ant as big as a cat
    thimble
        a_full = a copper thimble
        full = copper thimble
        gift = was a good cup for a doll or a hat for a mouse
    soldier
        a_full = a tin soldier
        full = tin soldier
        gift = had lost a leg and was still smiling

place evenly
    park
        to = to the park
        near = [under the benches / behind the fountain / beside the swings]
        far = [among the roses / around the big oak / along the gravel path]
        hide = [under a yellow leaf / between two stones / in the grass beside the pond]
        lair = in the empty bandstand
    market
        to = to the market
        near = [under the tables / behind the cheese stall / around the well]
        far = [between the baskets of apples / beside the flower stall / under the carts]
        hide = [in a basket of onions / under a cabbage leaf / between two melons]
        lair = under the fish stall
    beach
        to = to the beach
        near = [under the boats / behind the ice cream cart / around their towels]
        far = [among the shells / along the water / in the ruins of a sand castle]
        hide = [in a small pool / half under the sand / next to a sleeping crab]
        lair = in a hole in the sand
    river
        to = down to the river
        near = [on the bridge / along the bank / around the old mill wheel]
        far = [among the reeds / under the willow / behind the washing stones]
        hide = [between two wet stones / in the mud beside the water / under a root]
        lair = on the other bank
    forest
        to = into the forest
        near = [under the ferns / behind a fallen tree / along the path]
        far = [among the pine cones / beside the stream / around the hollow oak]
        hide = [on a cushion of moss / under a red mushroom / in a fox's footprint]
        lair = on a bed of leaves
    harbor
        to = to the harbor
        near = [behind the barrels / around the crane / on the steps]
        far = [among the nets / under the upturned boats / beside the lighthouse]
        hide = [inside a coil of rope / in an empty bucket / between two planks]
        lair = on a heap of sails
    orchard
        to = to the orchard
        near = [under the pear trees / behind the ladder / along the wall]
        far = [among the windfalls / beside the beehives / around the shed]
        hide = [under a rotten apple / in the long grass / in an old nest]
        lair = in a wheelbarrow
    castle
        to = up to the ruined castle
        near = [on the stairs / behind the gate / around the dry well]
        far = [among the nettles / in the tower / along the broken wall]
        hide = [in a crack of the wall / under some ivy / on the third step]
        lair = on a stone like a throne
    station
        to = to the station
        near = [under the seats / behind the ticket machine / around the clock]
        far = [between the suitcases / along the platform / beside the tea room]
        hide = [under an old newspaper / in the corner of a bench / beside a pigeon]
        lair = on the carpet of the waiting room

loss evenly
    hole
        gone = When {hero.he} put {hero.his} hand in {hero.his} pocket, {hero.he} felt [nothing but
            a hole / only a hole and three fingers that came out below].
        found = [At last / In the end / Just before dark / Then] {hero} saw something shine
            {place.hide}. It was the {thing}!
        after = [That evening {hero.he} sewed up the hole with {thread} thread. / Since then
            {hero.he} has worn it on a string around {hero.his} neck. / "And now," said {friend},
            "we will mend that pocket." / {hero} put it into the other pocket, which had no hole.]
    magpie
        gone = {hero.He} put it down on a [wall / stone / fence] for a moment, and when {hero.he}
            turned around, it was gone.
        found = Then a magpie [laughed / screamed / coughed] above them. In its nest, [between two
            forks / among bits of glass / on top of four eggs], [shone / lay] the {thing}.
        after = {hero} climbed up and took it back, but left [a spoon / a hairpin / a bottle cap / a
            piece of foil] in its place, because [even a thief likes a present / a magpie must have
            something that shines / it did not seem fair to leave nothing].
    dog
        gone = {hero.He} dropped it, and before {hero.he} could pick it up, a [brown / big / white /
            dirty / spotted] dog had carried it off.
        found = [Then / At last / Suddenly] they heard a happy growl. There lay the dog
            {place.lair}, with the {thing} between its paws.
        after = It did not want to give it back, so {friend} threw [a stick / half a sandwich /
            {friend.his} cap], and the dog forgot the {thing} at once.
    hat
        gone = But when {hero.he} wanted to look at it, it was gone, and {hero.he} could not
            remember where {hero.he} had put it.
        found = [Then / At last / After an hour] {friend} began to laugh and pointed at {hero.his}
            [hat / boot / hood / left sleeve]. There was the {thing}!
        after = {hero} had put it there {hero.himself}, so that it [would be safe / could not get
            lost / would not fall out]. They laughed [all the way home / until it hurt / about it
            for a week].
    coat
        gone = But when {hero.he} reached into {hero.his} coat, {hero.he} pulled out [a pipe / two
            lemons / a dried fish / a pair of glasses] instead of the {thing}.
        found = ["Wait," / "Stop," / "But look,"] said {friend}, "that is not your coat!" So they
            ran back to the [bakery / tea room / barber], where the right coat still hung on its
            hook, with the {thing} in its pocket.
        after = The owner of the other coat was not angry, because [it happened every week / nothing
            was missing / {hero.he} had kept it warm / now there was a story to tell].

thread
    red / blue / green / yellow / black / silver

# 2. Something is wished for, and worked for. ------------------------------------------------------

saved
    {saved_start} {saved_price} {saved_work} {luck.then} {luck.end}

saved_start
    {hero} wanted {thing} more than anything, because {thing.why}.
    In the window of the [corner shop / toy shop / junk shop / old shop on the square] stood
            {thing}, and {hero} stopped there every day, because {thing.why}.
    "One day I will have {thing}," said {hero} to {friend}, because {thing.why}.
    All that {season} {hero} [wished for / dreamed of / could think of nothing but] {thing}, because
            {thing.why}.

saved_price
    But it cost {price} coins, and {hero} had [only two / only three / none / one coin and a
            button].
    The price was {price} coins. {hero} [shook / emptied / turned over] {hero.his} money box, and
            out came [one coin / nothing at all / two coins and a dead fly / a note that said
            later].
    It cost {price} coins, which was [a lot / as much as a goat / more than {hero.he} had ever
            seen].

saved_work
    So [every morning / after school / all summer / on Saturdays / for a month] {hero.he} {job},
            {job.hard}, until {hero.he} had {price} coins.
    So {hero.he} went to work. {hero.He} {job}, {job.hard}, and put each coin in [a jar / a sock /
            an old teapot / a box under the bed] until there were {price}.
    "Then earn it," said {hero.his} {elder}. So {hero} {job}, {job.hard}, and coin by coin {hero.he}
            came to {price}.

price
    ten / twenty / twelve / thirty / fifteen / forty / fifty / eighteen / ninety

wish evenly
    a [red / blue / big / paper / striped] kite
        why = the wind had been calling for weeks
        joy = flew it over the roofs until it was as small as a bee
    a [green / red / fast / second-hand] bicycle
        why = the hill behind the house was made for riding down
        joy = rode it down the hill, one on the seat and one on the handlebars
    a [tin / big / little] drum
        why = the street was much too quiet
        joy = marched around the square until all the windows opened
    a [brass / long / used] telescope
        why = nobody could say how many holes there were in the moon
        joy = sat on the roof and counted the holes in the moon until they fell asleep
    a [small / brown / dusty] violin
        why = there was a tune that would not leave {hero.his} head
        joy = played on it by turns, and only the cat left the room
    a [wooden / white / toy] boat
        why = the river went somewhere, and somebody had to find out where
        joy = let it sail on a long string, as far as the bridge
    a [sad / royal / big-nosed] puppet
        why = there was no theater for miles around
        joy = gave a show in the yard, and even the hens came to see it
    a [round / shiny / painted] globe
        why = nobody at home knew where the sea ended
        joy = turned it with closed eyes and sailed, in their heads, to wherever a finger stopped
    a [ship's / yellow / storm] lantern
        why = the best part of every book came after bedtime
        joy = read a whole book by its light, under one blanket
    a [sharp / folding / captain's] spade
        why = there had to be a treasure in the garden
        joy = dug until dark and found a fork, which was a beginning

job evenly
    swept the floor of the bakery
        hard = which was white again an hour later
    fed the neighbor's hens
        hard = although the cock bit {hero.him} twice
    washed windows
        hard = even the ones that nobody looked through
    carried parcels up the stairs
        hard = always to the top floor
    pulled weeds in the school garden
        hard = which grew faster than {hero.he} could pull
    walked five dogs
        hard = who each wanted to go another way
    peeled potatoes at the inn
        hard = which never came to an end
    picked plums
        hard = although the wasps wanted them, too
    read the newspaper to an old captain
        hard = who always asked for the weather twice
    polished boots
        hard = which came back muddy

luck evenly
    simple
        then = [On Monday / On the first day of spring / On the last day of school / At last]
            {hero.he} [carried / took / brought] the money to the shop, and {hero.his} hands shook
            when {hero.he} put it on the counter.
        end = That same day {hero} and {friend} {thing.joy}.
    sold
        then = But when {hero.he} came to the shop, the window was empty. "Sold this morning," said
            the shopkeeper, and {hero} [went home without a word / nearly cried / kicked a stone all
            the way home].
        end = At {hero.his} door sat {friend} with a parcel. {friend.He} had [sold {friend.his}
            stamps / worked in secret, too / broken open {friend.his} own money box], because [that
            is what friends are for / {hero} had once done the same for {friend.him} / two can wish
            for the same thing]. Together they {thing.joy}.
    kind
        then = But on the way to the shop {hero.he} met {friend}, who [had lost the rent / had
            broken a window and could not pay for it / needed new glasses / had to buy medicine for
            a sick cat]. So {hero} gave {friend.him} the coins[- / , all of them / , and said
            nothing about the shop].
        end = [A month / A year / Some weeks] later {friend} stood at {hero.his} door. "Now I can
            pay you back," {friend.he} said. So they ran to the shop and bought it, and then they
            {thing.joy}.
    cheap
        then = "It is a little broken," said the [shopkeeper / old man in the shop / woman behind
            the counter], "so you can have it for half." {hero} and {friend} mended it with [glue /
            wire / a nail and some string].
        end = With the rest of the money they bought [cake / cherries / two lemonades / a hat for
            each], and then they {thing.joy}.

# 3. A present goes wrong, and is the best one. ----------------------------------------------------

given
    {given_start} {thing.make} But {thing.fail}, because {thing.cause}. {given_mood} {thing.mend}
            {given_end}

given_start
    {Reason}, so {hero} wanted to {thing.plan} for {friend.him}.
    {Reason}. "I will {thing.plan}," said {hero}, and began at once.
    {hero} had [never / only once / not often] made anything {hero.himself}. But {reason}, so
            {hero.he} decided to {thing.plan}.

reason evenly
    it was {friend}'s birthday / {friend} had been ill for a week
    {friend} was moving to another town / {friend} had broken a leg / {friend} had won the long race
    {friend} had lost a tooth and a race on the same day / nobody had talked to {friend} all day

given_mood
    {hero} [sat down on the floor / could have cried / stared at it / said a word that children are
            not allowed to say].
    "What now?" [thought / sighed / asked] {hero}.
    {hero.His} {elder} looked at it and said, "[I have seen worse / Nothing is lost / That is how it
            begins / It has a good heart]."
    {hero} thought about it for [a minute / an hour / as long as it takes to eat a pear].

given_end
    {friend} looked at it for a long time. "It is the [strangest / funniest / bravest / oddest]
            {thing} in the world," {friend.he} said, "and I will never [forget it / want another /
            tell you how much I like it]." Then they {thing.use}.
    {friend} laughed so much that {friend.he} had to sit down. Then they {thing.use}.
    "Did you make this yourself?" asked {friend}. {hero} [nodded / turned red / told {friend.him}
            the whole story], and together they {thing.use}.
    {friend} said nothing, but {friend.he} [smiled for a week / put on {friend.his} best shirt / did
            not let go of it all day]. In the end they {thing.use}.

present evenly
    cake
        plan = bake a cake
        make = {hero.He} mixed flour, eggs and [honey / cherries / nuts / far too much sugar].
        fail = it came out of the oven as flat as a plate
        cause = [{hero.he} had opened the oven six times to look / there was no yeast in it / the
            cat had slammed the oven door]
        mend = Then {hero} rolled it up with jam and called it a carpet.
        use = ate it to the last crumb
    scarf
        plan = knit a scarf
        make = {hero.He} knitted before breakfast and under the blanket, with [red / blue / green /
            gray] wool.
        fail = it grew and grew, until it would have been enough for a horse
        cause = nobody had told {hero.him} how to stop
        mend = Then {hero} sewed a button on each end and called it a scarf for two.
        use = put it on and had to go everywhere side by side
    picture
        plan = paint a picture of a horse
        make = {hero.He} painted [all day / until the brown was gone / with {hero.his} tongue
            between {hero.his} teeth].
        fail = the horse looked like a table
        cause = [a horse never stands still / horses have more legs than one thinks / {hero.he} had
            only ever seen one from behind]
        mend = Then {hero} painted two plates and a bowl of soup on its back.
        use = hung it up in the kitchen, where it made everyone hungry
    soup
        plan = cook a soup
        make = {hero.He} cut up [carrots / onions / a pumpkin / beans] and [all the herbs in the
            garden / a whole cabbage / some cheese], and let it boil.
        fail = it tasted of nothing but salt
        cause = [{hero.he} had salted it once for every page of the recipe / the sugar and the salt
            lived in the same kind of jar]
        mend = Then {hero} added two buckets of water and all the potatoes in the house.
        use = ate of it for four days, and so did the neighbors
    birdhouse
        plan = build a birdhouse
        make = {hero.He} sawed six boards and hammered until [dark / the neighbors came / there were
            no more nails].
        fail = the door was so big that a goose could walk in
        cause = {hero.he} had measured it with {hero.his} own head
        mend = Then {hero} laid a cushion inside and wrote "Cats" over the door.
        use = stood it under the pear tree, where a hen moved in
    boat
        plan = carve a boat
        make = {hero.He} carved it from [a piece of pine / a chair leg / an old fence post], and it
            even had a mast.
        fail = it would only swim on its back
        cause = the mast was heavier than all the rest
        mend = Then {hero} sawed off the mast and called it a whale.
        use = let it swim in the bath until the water was cold
    jam
        plan = make plum jam
        make = {hero.He} picked a bucket of plums and [stirred / sang to them / burned only one
            finger].
        fail = it turned as hard as a brick
        cause = {hero.he} had gone out to see [a rainbow / the fire engine / a man on very high
            stilts] while it cooked
        mend = Then {hero} broke it with a hammer and called it candy.
        use = sucked on it all afternoon and could not say a word
    hat
        plan = sew a hat
        make = {hero.He} cut it from [an old curtain / a coat / a sack], and sewed on a feather.
        fail = it came down to the chin
        cause = {hero.he} had tried it on a pumpkin
        mend = Then {hero} cut two holes in it for the eyes.
        use = played robbers in the yard, and shared the gold with the poor hens
    lamp
        plan = make a paper lamp
        make = {hero.He} cut [stars / fish / moons / windows] into the paper and glued all evening.
        fail = it had a hole in one side, as big as a fist
        cause = [the scissors had slipped / the cat had jumped through it / there had been no more
            paper]
        mend = Then {hero} glued [a red leaf / a blue candy wrapper / a page of a songbook] over the
            hole.
        use = hung it in the window, where it could be seen from the bridge

# 4. Somebody is afraid. ---------------------------------------------------------------------------

afraid
    {fear_start} {fear.must} {fear_no}[- /  {fear_try}] {fear.advice} {fear.turn} {fear.end}.

fear_start
    {hero} was afraid of {fear}.
    {hero} was not afraid of [bulls / ghosts / doctors / bad marks] or of [wasps / bears / wild
            geese / the headmaster], but {hero.he} was afraid of {fear}.
    Everybody is afraid of something. With {hero} it was {fear}.
    Nobody knew that {hero} was afraid of {fear}, [not even / except] {friend}.

fear_try
    {hero.He} took one step forward and two steps back.
    {hero.He} [closed {hero.his} eyes / counted to ten / drank a glass of water / ate an apple], but
            it did not help.
    {hero.He} tried to think of {vision}.
    In {hero.his} head {hero.he} heard {hero.his} {elder}, who [had never been afraid / used to
            laugh at such things / always said that fear has long legs].

fear_no
    "I cannot do it," said {hero}.
    {hero.His} knees [shook / turned to butter / did not want to].
    {hero} stood there for [a long time / an hour / so long that a snail went past].
    "Not today," [said / whispered / thought] {hero}, "and not tomorrow."

fear evenly
    the dark cellar
        must = One {daytime} the light went out in the whole house, and the candles were in the
            cellar.
        advice = "Count the steps," said {friend}. "There are never more than [twelve / ten /
            nine]."
        turn = So {hero} went down and counted, and at the bottom was nothing but [potatoes / jam /
            a row of old boots / a surprised mouse].
        end = [{hero.He} brought the candles up and then went back to look around / Since then
            {hero} counts whenever it is dark / "You forgot to be afraid," said {friend}, and it was
            true]
    deep water
        must = But the wind had carried {hero.his} [hat / ball / shoe / letter] out to the middle of
            the lake.
        advice = "Do not think of the bottom," said {friend}. "Think of the other side."
        turn = So {hero} took a deep breath and swam, and the water held {hero.him} like a hand.
        end = [{hero.He} came out with blue lips and a big smile / Since then they swim across every
            {daytime} / It was very wet, and {hero.he} was very proud]
    the big dog next door
        must = But {hero.his} [ball / kite / arrow / paper plane] had flown over the fence, and
            behind the fence lay the dog.
        advice = "Bring it something," said {friend}, "and walk slowly."
        turn = So {hero} opened the gate with a [sausage / bone / pancake] in {hero.his} hand, and
            the dog looked at it, then at {hero}, and rolled over on its back.
        end = [It had been waiting for years for somebody to come in / Since then it carries
            {hero.his} schoolbag / Now there are three of them in every game]
    thunder
        must = One night, when {hero} was staying with {friend}, a storm came over the mountain.
        advice = "Count from the flash to the thunder," said {friend}. "That tells you how far it
            is."
        turn = So they counted. First it was three, then five, then nine, because the storm was
            going away.
        end = [At twelve {hero} was asleep / Since then {hero} goes to the window when the sky turns
            black / At eleven they were almost sorry]
    singing before people
        must = But at the school party somebody had to sing, because the singer had a cold.
        advice = "Sing it for me," said {friend}. "The others may listen if they like."
        turn = So {hero} climbed on the stage and looked only at {friend}. At first the song was as
            thin as a thread, but then it filled the hall.
        end = [Even the singer with the cold clapped / At the end nobody moved, and then everybody
            did / {friend} was so proud that {friend.he} forgot to clap]
    the rope bridge
        must = But {friend} lived on the other side, and the next bridge was [a day / two hours /
            six miles] away.
        advice = "Look at me and not at the water," called {friend}.
        turn = So {hero} put one foot before the other. The bridge swung and groaned, but it held.
        end = [On the way back {hero.he} stopped in the middle to look at the fish / "Again?" asked
            {friend}, and they went again / Now {hero.he} crosses it every day and only holds on
            with one hand]
    spiders
        must = One {daytime} a big one sat on {hero.his} [coat / bed / spelling book / pillow].
        advice = "Give it a name," said {friend}. "Nobody is afraid of somebody called [Gerald /
            Pudding / Mister Button / Susan]."
        turn = So {hero} said good morning to it by its name, and carried it out in a glass.
        end = [The next day it was back / It had very polite eyes, all eight of them / Since then it
            has lived behind the mirror, and there are no more flies]

# 5. An animal is in trouble. ----------------------------------------------------------------------

rescued
    {rescue_start} {rescue_why} {rescue_help} {trap.free} {animal.end}

rescue_start
    One {weather} {daytime} {hero} heard something {animal.cry} {trap.where}. [- / {scene} ]It was
            {animal.a}, and it {trap.stuck}.
    {hero} was on {hero.his} way [home / to school / to {friend}'s house / to the baker] when
            {hero.he} saw {animal.a} {trap.where}. It {trap.stuck}, and it {animal.cried}.
    "Listen," said {hero}. Somewhere {trap.where} something {animal.cried}. It was {animal.a}, and
            it {trap.stuck}.

rescue_why
    {hero} wanted to help it, but {trap.problem}.
    {hero.He} tried [at once / twice / with both hands], but {trap.problem}.
    "Do not be afraid," {hero.he} told it, but {trap.problem}.

rescue_help
    So {hero.he} ran to {friend}{skilled} and asked for {trap.tool}.
    "Wait here," {hero.he} said to it, which was not needed, and ran for help. Soon {friend} was
            there with {trap.tool}.
    Then {friend} came by, looked, and said, "We need {trap.tool}." [Ten minutes / An hour / Half a
            sandwich] later they had everything.

animal evenly
    kitten
        a = a [gray / black / striped / white / very thin] kitten
        cry = crying
        cried = cried
        end = {tame_end}
    puppy
        a = a [brown / spotted / long-eared] puppy
        cry = whining
        cried = whined
        end = {tame_end}
    duckling
        a = a [yellow / wet / tiny] duckling
        cry = peeping
        cried = peeped
        end = {wild_end}
    lamb
        a = a [white / black / muddy] lamb
        cry = calling for its mother
        cried = called for its mother
        end = {farm_end}
    hedgehog
        a = a [young / round / cross] hedgehog
        cry = snorting
        cried = snorted
        end = {wild_end}
    goat
        a = a [brown / bearded / stubborn] little goat
        cry = complaining
        cried = complained
        end = {farm_end}
    fox
        a = a [red / small / shy] fox cub
        cry = barking softly
        cried = barked softly
        end = {wild_end}
    squirrel
        a = a [red / young / furious] squirrel
        cry = scolding
        cried = scolded
        end = {wild_end}

tame_end
    It belonged to nobody, so it went home with {hero}, who named it {pet}.
    It followed them home and chose [the best chair / {hero}'s bed / the warm place by the stove].
            They called it {pet}.
    Since that day {pet}, as they named it, has lived one week with {hero} and one week with
            {friend}.

pet
    Crumb / Button / Pepper / Moon / Captain / Socks / Noodle / Thursday / Biscuit / Professor

wild_end
    It [shook itself / sneezed / looked at them] and was gone. But [in spring / the next morning / a
            year later] it came back, and it had [a friend / four little ones] with it.
    {hero} wanted to keep it, but {friend} said, "It has a home." So they watched it [go / run /
            vanish in the grass] and walked home [slowly / without a word / hand in hand].
    It did not say thank you, but for a week it [sat by the gate / came to the door] every
            {daytime}, and looked for them.

farm_end
    They brought it back to the farm, and the farmer gave them [a cheese / two warm eggs / a ride on
            the tractor / a sack of pears].
    The farmer had been looking for it [all day / everywhere / since Sunday], and was so glad that
            {hero} and {friend} got [a cheese / a pot of cream / a ride on the tractor].
    It walked behind {hero} like a dog, all the way to the farm, and ate [{hero.his} hat / a sleeve
            / half a hedge] as it went.

trap evenly
    brambles
        where = [behind the churchyard / at the edge of the field / beside the railway]
        stuck = hung in the brambles and could not move
        problem = the thorns were as long as fingers
        tool = [thick gloves / two coats] and garden scissors
        free = They cut the brambles twig by twig, and [soon / at last / by noon] it was free.
    net
        where = [on the beach / beside the boats / under the bridge]
        stuck = was caught in an old fishing net
        problem = the knots were as hard as stones
        tool = a [bread knife / pair of pliers / sharp shell]
        free = They opened one knot after the other, slowly, so that nobody got hurt.
    well
        where = [behind the empty farm / in the castle yard / in the garden of the inn]
        stuck = had fallen into a dry well
        problem = the walls were too smooth to climb
        tool = a rope and a [basket / bucket / laundry bag]
        free = They let the rope down and waited. At last it grew heavy, and they pulled.
    pipe
        where = [under the road / beside the mill / behind the school]
        stuck = sat far inside a pipe
        problem = {hero.his} arm was too short
        tool = a [bag of crumbs / slice of apple / piece of bread]
        free = They laid a trail, hid behind a [tree / wall / barrel] and waited until it came out
            by itself.
    mud
        where = [beside the pond / down at the river / behind the barn]
        stuck = had sunk into the mud up to its belly
        problem = {hero.he} sank in, too, and lost a boot
        tool = two long boards
        free = {hero} lay down on the boards like a seal and pulled, until the mud let go with a
            smack.
    ice
        where = [out on the lake / on the frozen pond]
        stuck = sat on a piece of ice and was drifting away
        problem = the rest of the ice was too thin to walk on
        tool = a [long ladder / rope and a sled]
        free = {friend} held on while {hero} crept out, inch by inch, and brought it back under
            {hero.his} coat.

# 6. Something is carried through wind and weather. ------------------------------------------------

carried
    {carry_start} {carry_care} {block} {block.help} {carry_end}

carry_start
    {hero} had to bring {load} to {hero.his} {kin}, who lived {goal} and {load.need}.
    One {weather} {daytime} {hero} set out with {load}. It was for {hero.his} {kin}, who lived
            {goal} and {load.need}.[- /  {scene}]
    {hero}'s {kin} lived {goal} and {load.need}. So one {daytime} {hero} packed {load} and went.

carry_care
    "[Walk slowly / Do not run / Go straight there / Hold on tight]," {hero.his} [mother / father]
            had said, "because {load.care}."
    {hero} held it with both arms, because {load.care}.
    {hero} went [carefully / on tiptoe / like a queen at a wedding], for {load.care}.

carry_end
    So they got there, and {load.end}.
    When they knocked at the door, it was [nearly dark / time for supper / just striking six], and
            {load.end}.
    The rest of the way {friend} came along, {friend_why}. {load.End}.

friend_why
    because two are never lost / because it was Sunday and nothing else was going on
    so that somebody could tell jokes / because the best stories were told in that house

load evenly
    a pot of soup
        need = lay in bed with a cold
        care = soup has no legs to jump with
        end = the soup was still warm, and there was enough for three
    a basket of eggs
        need = was baking a wedding cake
        care = eggs cannot be glued
        end = only one egg was broken, so the cake was only one candle smaller
    a letter
        need = had been waiting for it since spring
        care = ink and rain are old enemies
        end = the letter was read twice, laughed at, cried on and put away, and nobody ever learned
            what it said
    a jar of honey
        need = had a sore throat
        care = every bee in the county can smell honey
        end = one spoon of honey later there was a song, and then another
    a goose
        need = felt alone in the evening
        care = a goose believes nobody
        end = the goose walked in as if the house had always been hers
    a clock
        need = never knew when to eat
        care = time must not be shaken
        end = they hung the clock over the table, and had supper at once, to be on time
    a young apple tree
        need = had a garden with nothing in it
        care = young trees are easily offended
        end = they planted the tree together and agreed to come back for pie in seven years
    a warm blanket
        need = was always cold
        care = wool remembers every puddle
        end = the blanket was long enough for three people and a cat

goal evenly
    on the other side of the forest / across the river / behind the hill / three villages away
    in the last house of the valley / near the lighthouse / at the end of the marsh road

block evenly
    But the rain had carried off the bridge.
        help = Luckily {friend} was fishing there in a [boat / barrel / bathtub] and took {hero.him}
            across for [a song / a riddle / nothing / the promise of a cookie].
    But a big gray bird stood on the path, hissed, and let nobody pass.
        help = "It thinks it is the king," said {friend}, who came up behind. "Bow to it." {hero}
            bowed, and they were allowed to go on.
    But then fog came down, and soon {hero.he} could not see {hero.his} own feet.
        help = Somewhere in the white {friend} was [whistling / singing / playing the flute], so
            {hero.he} followed the tune until they bumped into each other.
    But a fallen tree lay across the road.
        help = {friend}, who was gathering wood, crawled under it first, and {hero} pushed
            everything through after {friend.him}.
    But forty cows stood on the road and were in no hurry.
        help = {friend}, who looked after them, rang a [bell / spoon on a pot], and led them aside
            one by one, each with its name.
    But somebody had turned the signpost around, so that every road was the wrong one.
        help = {friend} sat under it, as lost as {hero.he} was. "Moss grows on the north side,"
            {friend.he} said, and so they found the way together.
    But the snow was too deep to walk in.
        help = Then {friend} came by on a sled with [two dogs / a pony / a very patient goat], and
            there was room for one more.

# 7. Something is strange, and is found out. -------------------------------------------------------

watched
    {noise_start} {noise_guess} {noise_plan} {noise.truth} {noise_end}

noise_start
    Every night {hero} {noise.heard}.
    {hero} had not slept for [a week / three nights / so long that {hero.he} fell asleep in school],
            because every night {hero.he} {noise.heard}.
    "Come and listen," said {hero} to {friend}, for every night {hero.he} {noise.heard}.

noise_guess
    "It is [a ghost / a pirate / a wolf / the wind]," said {friend}. "No," said {hero}, "it is [a
            thief / a bear / somebody in wooden shoes / my imagination]."
    {friend} thought that it was [a ghost / a giant / a spy], because {friend.he} [thought so every
            time / had read a book about one / did not like to be wrong].
    "It is nothing," said {hero.his} {elder}. "So it is something," [said / whispered / thought]
            {friend}.

noise_plan
    So one [quiet / windy / rainy / cold / moonlit] night they [sat down on the stairs / hid behind
            the curtain / stayed awake] with [a lamp / a frying pan / a bell / one blanket] and [a
            net / a whistle / a bag of nuts / some cold pancakes].
    They waited until [midnight / the clock struck one / the moon was up], {hero} with [a lamp / an
            umbrella / a broom] and {friend} with [a pot on {friend.his} head / both eyes shut / a
            whistle between {friend.his} teeth].
    At midnight they crept out, {hero} in front, because {hero.he} was [braver / smaller / holding
            the lamp], and {friend} behind, because somebody had to be.

noise_end
    "Well," said {friend}, "{friend_word}."
    They looked at each other and [laughed / went to bed / felt a little silly]. {hero.His} {elder}
            was told that it was nothing.
    Since then {hero} has slept [well / like a stone / with the window open], and is almost sorry.

friend_word
    I said it was not a wolf / let us not tell anybody / I was nearly right / that was the best
            ghost so far

noise evenly
    attic
        heard = heard something roll over the floor of the attic
        truth = And there it was. A squirrel had stored [its nuts / {hero}'s marbles / six ping-pong
            balls] in a boot, and counted them every night.
    roof
        heard = heard steps on the roof
        truth = And then they saw it. Between the chimneys walked the neighbor's goat, because from
            there it could reach [the pears / the washing / the moss].
    cellar
        heard = heard somebody sing in the cellar, very low
        truth = And it was the wind, which blew through a broken pane over [nine / twelve / thirty]
            empty bottles, each with its own note.
    garden
        heard = heard somebody laugh in the garden
        truth = And it was only the frogs in the well, [a dozen / a hundred / more than a thousand]
            of them, who told each other about the rain.
    window
        heard = heard a knock at the window, always three times
        truth = And it was the old pear tree, which had grown since spring and now reached the glass
            with [one finger / one long twig], whenever the wind blew.
    kitchen
        heard = heard a spoon fall down in the kitchen
        truth = And there, in the middle of the table, sat a mouse no bigger than a thumb, and ate
            [the wedding cake / cold potatoes / the alphabet soup, letter by letter].
    clock
        heard = heard the broken clock in the hall strike thirteen
        truth = And when they opened the clock, [a cat / an owl / a family of bats] looked out, and
            was not pleased.
    piano
        heard = heard two notes on the piano, one high and one low
        truth = And it was the cat, who walked from the window to the stove and knew no other way.

# 8. Two want the same thing. ----------------------------------------------------------------------

shared
    {share_start} {share_words} {thing.lost} {share_mood} {thing.mend} {thing.end}

share_start
    {hero} and {friend} had [found / been given / bought] {thing}, and both wanted {thing.want}.
    There was {thing}, and there were {hero} and {friend}, who both wanted {thing.want}.
    {hero} and {friend} were the best of friends, until one {daytime} they [found / were given]
            {thing}, for both wanted {thing.want}.

share_words
    "I saw it first," said {hero}. "But I [am older / am smaller / said so first / had the idea],"
            said {friend}.
    "Mine," said {hero}. "Mine," said {friend}. [This went on for an hour / They said it forty times
            / A bird learned it from them].
    They did not talk about it. They [shouted / pushed / made faces], first {hero}, then {friend},
            then both at once.

share_mood
    Then it was very quiet.
    "That was you," said {hero}, but [not very loud / {hero.he} did not believe it / {hero.he} had
            to laugh].
    They [sat down / looked at each other / turned red], and [neither / for a long time neither]
            spoke.
    {hero} began to cry, and then {friend} did, because it was [so silly / catching / getting cold].

prize evenly
    a sled
        want = to sit in front
        lost = So the sled went down the hill without either of them, and ran into a tree.
        mend = Together they pulled it home and nailed on a new board.
        end = With two on it, they found, it goes [much faster / farther than any other / as far as
            the inn].
    an umbrella
        want = to hold it
        lost = So it turned inside out with a bang, and it had just begun to rain.
        mend = {hero} bent the wires back, and {friend} tied them with a shoelace.
        end = Since then {hero} holds it [on Mondays / in the morning / until the bridge], and
            {friend} the rest of the time.
    the last piece of pie
        want = to eat it
        lost = So nobody saw the dog, and then there was only a plate.
        mend = "We could bake a new one," said {friend}, and {hero} already had the flour in
            {hero.his} hands.
        end = They cut it into two halves [with a ruler / with great care / under the eyes of the
            dog], and each gave the other the bigger one.
    a book about dragons
        want = to read it first
        lost = So it tore in two, right in the middle of a battle.
        mend = {hero} took the beginning and {friend} took the end, and then they told each other
            what they had read.
        end = It was [much better / twice as long / full of new dragons] that way.
    a swing
        want = to swing
        lost = So the rope broke, and both sat in the grass.
        mend = They tied a knot as big as a cabbage.
        end = Since then one swings and one pushes, and after [ten times / a hundred times / one
            song] they change.
    a big balloon
        want = to hold the string
        lost = So in the end nobody held it, and it rose over the church and was gone.
        mend = They lay down in the grass and tried to guess where it would land.
        end = "In [China / Peru / the sea / the moon's garden]," said {hero}. "There they will share
            it," said {friend}.
    a rowboat
        want = to row
        lost = So one rowed forward and one rowed back, and the boat went around in circles until
            both were sick.
        mend = Then they sat down side by side, and each took one oar.
        end = [At last / By evening / Before the moon was up] they came to the island, and it was
            theirs.
"""
