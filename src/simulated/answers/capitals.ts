/** Capitals of a few countries, by the country's name in lower case. */
export const capitals: Record<string, string> = {
  argentina: 'Buenos Aires', australia: 'Canberra', austria: 'Vienna', belgium: 'Brussels', brazil: 'Brasília', canada: 'Ottawa',
  chile: 'Santiago', china: 'Beijing', colombia: 'Bogotá', croatia: 'Zagreb', cuba: 'Havana', denmark: 'Copenhagen', egypt: 'Cairo',
  ethiopia: 'Addis Ababa', finland: 'Helsinki', france: 'Paris', germany: 'Berlin', greece: 'Athens', hungary: 'Budapest', iceland: 'Reykjavík',
  india: 'New Delhi', indonesia: 'Jakarta', ireland: 'Dublin', israel: 'Jerusalem', italy: 'Rome', japan: 'Tokyo', kenya: 'Nairobi',
  mexico: 'Mexico City', morocco: 'Rabat', netherlands: 'Amsterdam', 'new zealand': 'Wellington', nigeria: 'Abuja', norway: 'Oslo',
  pakistan: 'Islamabad', peru: 'Lima', poland: 'Warsaw', portugal: 'Lisbon', romania: 'Bucharest', russia: 'Moscow', 'south korea': 'Seoul',
  spain: 'Madrid', sweden: 'Stockholm', switzerland: 'Bern', thailand: 'Bangkok', turkey: 'Ankara', ukraine: 'Kyiv',
  'united kingdom': 'London', 'united states': 'Washington, D.C.', venezuela: 'Caracas', vietnam: 'Hanoi',
};
